import fc from "fast-check";
import { Registry } from "prom-client";
import { describe, expect, test } from "vitest";
import type { MetricSnapshot } from "../../../src/instruments/snapshot.ts";
import { domainsOf, openSloMetrics, type SloSettings, sloSeries } from "../../../src/telemetry/slo.ts";
import { aSeries } from "../../fakes/series.ts";

const settings: SloSettings = {
  reachability: [
    { domain: null, objectiveRatio: 0.999 },
    { domain: "a.example", objectiveRatio: 0.9 },
  ],
  rtt: [{ domain: "b.example", objectiveRatio: 0.95, thresholdMs: 150 }],
};

/** Contacts of these domains. */
function snapshotWith(...domains: readonly string[]): MetricSnapshot {
  const series = domains.flatMap((domain) => [
    aSeries([domain, "udp", "reachable"], 1),
    aSeries([domain, "tcp", "unreachable"], 0),
  ]);
  return { values: new Map([["keepaliveContacts", series]]), histograms: new Map() };
}

/** As scraped, without HELP and TYPE, in order. */
async function linesOf(register: Registry): Promise<readonly string[]> {
  const text = await register.metrics();
  return text
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .sort();
}

function openRegistry(initial: SloSettings) {
  const register = new Registry();
  return { register, slo: openSloMetrics(register, initial) };
}

describe("objectives by domain", () => {
  test("a domain's own goes before that of *, which covers every other domain with contacts", () => {
    const found = sloSeries(settings, ["a.example", "b.example", "other"]);
    expect(found).toEqual([
      { slo: "reachability", domain: "a.example", objectiveRatio: 0.9, thresholdMs: null },
      { slo: "reachability", domain: "b.example", objectiveRatio: 0.999, thresholdMs: null },
      { slo: "reachability", domain: "other", objectiveRatio: 0.999, thresholdMs: null },
      { slo: "rtt", domain: "b.example", objectiveRatio: 0.95, thresholdMs: 150 },
    ]);
  });

  test("each domain has at most one of each sort, with * exactly one, whatever the settings", () => {
    const name = fc.constantFrom("a", "b", "c", "other");
    const objective = fc.record({
      domain: fc.option(name),
      objectiveRatio: fc.double({ min: 0.1, max: 0.9 }),
      thresholdMs: fc.constant(300),
    });
    const objectives = fc.uniqueArray(objective, { selector: ({ domain }) => domain });
    fc.assert(
      fc.property(objectives, objectives, fc.uniqueArray(name), (reachability, rtt, domains) => {
        for (const [slo, given] of Object.entries({ reachability, rtt })) {
          const found = sloSeries({ reachability, rtt }, domains).filter((series) => series.slo === slo);
          const named = given.flatMap(({ domain }) => domain ?? []);
          const covered = given.some(({ domain }) => domain === null) ? [...named, ...domains] : named;
          expect(found.map(({ domain }) => domain).sort()).toEqual([...new Set(covered)].sort());
        }
      }),
    );
  });

  test("the domains of a snapshot are those of its contacts, each once", () => {
    expect(domainsOf(snapshotWith("b.example", "a.example"))).toEqual(["a.example", "b.example"]);
    expect(domainsOf({ values: new Map(), histograms: new Map() })).toEqual([]);
  });
});

describe("objectives as metrics", () => {
  test("without objectives have no series", async () => {
    const { register, slo } = openRegistry({ reachability: [], rtt: [] });
    slo.cover(snapshotWith("a.example"));
    expect(await linesOf(register)).toEqual([]);
  });

  test("name the objective as a ratio and the threshold in seconds, and follow the domains", async () => {
    const { register, slo } = openRegistry(settings);
    const named = [
      'sip_registrar_slo_objective_ratio{slo="reachability",domain="a.example"} 0.9',
      'sip_registrar_slo_objective_ratio{slo="rtt",domain="b.example"} 0.95',
      'sip_registrar_slo_threshold_seconds{slo="rtt",domain="b.example"} 0.15',
    ];
    expect(await linesOf(register)).toEqual(named);
    slo.cover(snapshotWith("c.example"));
    const covered = 'sip_registrar_slo_objective_ratio{slo="reachability",domain="c.example"} 0.999';
    expect(await linesOf(register)).toEqual([...named, covered].sort());
    slo.cover(snapshotWith());
    expect(await linesOf(register)).toEqual(named);
  });

  test("change with the settings, and what is gone from them is gone", async () => {
    const { register, slo } = openRegistry(settings);
    slo.cover(snapshotWith("c.example"));
    slo.configure({ reachability: [], rtt: [{ domain: null, objectiveRatio: 0.99, thresholdMs: 75 }] });
    expect(await linesOf(register)).toEqual([
      'sip_registrar_slo_objective_ratio{slo="rtt",domain="c.example"} 0.99',
      'sip_registrar_slo_threshold_seconds{slo="rtt",domain="c.example"} 0.075',
    ]);
  });

  test("a threshold is spelled like the bound of its bucket, so that a query can join them", async () => {
    const { RTT_BUCKETS_S } = await import("../../../src/base/buckets.ts");
    for (const boundS of RTT_BUCKETS_S) {
      const thresholdMs = Math.round(boundS * 1_000);
      const { register } = openRegistry({
        reachability: [],
        rtt: [{ domain: "a.example", objectiveRatio: 0.9, thresholdMs }],
      });
      expect((await linesOf(register)).at(-1)).toBe(
        `sip_registrar_slo_threshold_seconds{slo="rtt",domain="a.example"} ${boundS}`,
      );
    }
  });
});

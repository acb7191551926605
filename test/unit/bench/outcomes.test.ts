import { describe, expect, test } from "vitest";
import { countAors } from "../../../bench/measure-dump.ts";
import {
  type KeepaliveLine,
  keepaliveFigures,
  keepaliveWarnings,
  unflaggedRatioOf,
} from "../../../bench/measure-keepalive.ts";
import { slopeOf } from "../../../bench/measure-memory.ts";
import { registerOutcome } from "../../../bench/measure-register.ts";

function aLine(fields: Partial<KeepaliveLine> = {}): KeepaliveLine {
  return {
    n: 1_000,
    registered: 1_000,
    pinged: 1_000,
    answered: 1_500,
    cpu_s_per_1k_ka: 0.0125,
    burst: { max_10ms: 9, max_100ms: 21 },
    rtt_err_us: { p50: 64, p99: 900, max: 1_800, min: 20, negative: 0 },
    missing_rtt: 0,
    stale_rtt: 0,
    replies_dropped_by_full_buffer: 150,
    ua_drops: 0,
    ua_over_planned_us: { p99: 120 },
    ...fields,
  };
}

describe("a keepalive result", () => {
  test("CPU is microseconds for one, lost replies are a share of the answers", () => {
    expect(keepaliveFigures(aLine())).toEqual({
      cpuUs: 12.5,
      lostRatio: 0.1,
      errorP50Us: 64,
      errorP99Us: 900,
      errorMaxUs: 1_800,
      most10Ms: 9,
      most100Ms: 21,
    });
  });

  test("what the server's process would have told is unknown without one", () => {
    const line = aLine({ cpu_s_per_1k_ka: null, replies_dropped_by_full_buffer: null });
    expect(keepaliveFigures(line)).toMatchObject({ cpuUs: null, lostRatio: null });
  });

  test.each([
    { fields: {}, doubts: 0, because: "lost replies are a figure, not a doubt" },
    { fields: { registered: 999 }, doubts: 1, because: "a contact is missing" },
    { fields: { pinged: 999 }, doubts: 1, because: "a contact was left out" },
    { fields: { ua_over_planned_us: { p99: 1_001 } }, doubts: 1, because: "the phones were late themselves" },
    { fields: { ua_over_planned_us: null }, doubts: 0, because: "nobody answered, nobody was late" },
    { fields: { ua_drops: 1 }, doubts: 1, because: "the phones lost a probe" },
    { fields: { missing_rtt: 150 }, doubts: 0, because: "as many round trips are missing as replies were lost" },
    { fields: { missing_rtt: 151 }, doubts: 1, because: "one is missing that was not lost" },
    { fields: { stale_rtt: 1 }, doubts: 1, because: "a round trip of nothing" },
  ])("$fields raises $doubts doubts: $because", ({ fields, doubts }) => {
    expect(keepaliveWarnings(aLine(fields))).toHaveLength(doubts);
  });

  test("a round trip shorter than the truth is a doubt", () => {
    const line = aLine({ rtt_err_us: { p50: 64, p99: 900, max: 1_800, min: -3, negative: 2 } });
    expect(keepaliveWarnings(line)).toEqual(["2 round trips shorter than the truth"]);
  });

  test("unflagged are the samples that were not counted as imprecise", () => {
    const exposition = [
      'sip_keepalive_imprecise_samples_total{transport="udp"} 25',
      'sip_keepalive_imprecise_samples_total{transport="tcp"} 0',
      'sip_keepalive_rtt_seconds_count{domain="a",transport="udp",method="OPTIONS"} 100',
    ].join("\n");
    expect(unflaggedRatioOf(exposition)).toBe(0.75);
    expect(unflaggedRatioOf("sip_keepalive_imprecise_samples_total 0")).toBeNull();
  });
});

test("a REGISTER result gives rates per second and per second of CPU, and names what was refused or sent again", () => {
  const line = {
    kind: "insert",
    n: 20_000,
    ok: 20_000,
    per_s: 17_000,
    cpu_s_per_1k: 0.05,
    resent: 0,
    drops: 0,
  } as const;
  const refresh = { ...line, kind: "refresh", ok: 19_999, per_s: 30_000, cpu_s_per_1k: null, resent: 3 } as const;
  const { figures, warnings } = registerOutcome([line, refresh]);
  expect(figures).toEqual({ insertPerS: 17_000, insertPerCpuS: 20_000, refreshPerS: 30_000, refreshPerCpuS: null });
  expect(warnings).toEqual(["refresh: only 19999 of 20000 accepted", "refresh: 3 requests had to be sent again"]);
});

test.each([
  { sizes: [100_000, 300_000], pss: [200_000, 300_000], octets: 512, because: "100,000 KB for 200,000 contacts" },
  { sizes: [300_000, 100_000], pss: [300_000, 200_000], octets: 512, because: "the order does not matter" },
  { sizes: [100_000], pss: [200_000], octets: null, because: "one point has no slope" },
  { sizes: [], pss: [], octets: null, because: "nothing was measured" },
])("memory at $sizes is $octets octets per contact: $because", ({ sizes, pss, octets }) => {
  expect(slopeOf(sizes.map((n, i) => ({ n, pss_kb: pss[i] as number })))).toBe(octets);
});

describe("countAors()", () => {
  test("counts over all domains", () => {
    const domain = (count: number) => ({ Domain: { Domain: "location", AoRs: Array(count).fill({}) } });
    expect(countAors(JSON.stringify({ jsonrpc: "2.0", id: 1, result: { Domains: [domain(2), domain(3)] } }))).toBe(5);
  });

  test("a dump that was cut is no dump", () => {
    expect(() => countAors('{"jsonrpc":"2.0","result":{"Domains":[{"Domain":{"AoRs":[{},{')).toThrow(SyntaxError);
  });
});

import { describe, expect, test } from "vitest";
import { TRANSPORTS } from "../../../src/base/net-names.ts";
import { seededRandom } from "../../../src/base/random.ts";
import { metricRow, metricRows } from "../../../src/instruments/catalogue.ts";
import { DomainLabels } from "../../../src/instruments/domain-labels.ts";
import { CELLS_MAX } from "../../../src/instruments/exchange.ts";
import { KeepaliveCounters } from "../../../src/instruments/keepalive-counters.ts";
import { DOMAIN } from "../../../src/instruments/labels.ts";
import { RegistrarCounters } from "../../../src/instruments/registrar-counters.ts";
import type { MetricSnapshot } from "../../../src/instruments/snapshot.ts";
import { TransportCounters } from "../../../src/instruments/transport-counters.ts";
import { Heartbeats } from "../../../src/keepalive/heartbeats.ts";
import { FAILURE_REASONS, UNMATCHED_REASONS } from "../../../src/keepalive/observer.ts";
import { ContactTable } from "../../../src/location/contact-table.ts";
import { Location } from "../../../src/location/location.ts";
import { aContact, aContactNumber, aStream } from "../../fakes/contacts.ts";
import { openReadable } from "../../fakes/fixed-snapshot.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

/** Of a default installation, in all. */
const SERIES_BUDGET = 10_000;

/** Counters of every kind over one table; slot 0 is on UDP, slot 1 on TCP, both in example.org. */
function open() {
  const { instruments, snapshot } = openReadable();
  const table = new ContactTable({ capacity: 8, random: seededRandom(1), startWallMs: 0 });
  const location = new Location({ table, clock: new ManualClock() });
  const domains = new DomainLabels({ instruments, domains: ["example.org"], limit: 20 });
  const heartbeats = new Heartbeats(8);
  const keepalive = new KeepaliveCounters({ instruments, table, domains, heartbeats, method: "OPTIONS" });
  const registrar = new RegistrarCounters({ instruments, table, domains });
  const transport = new TransportCounters(instruments);
  const domain = domains.numberOf("example.org");
  location.store(aContactNumber(0, { domain }));
  location.store(aContactNumber(1, { domain, flow: aStream(1) }));
  return { table, location, domain, heartbeats, keepalive, registrar, transport, moved: watch(snapshot) };
}

/** What the snapshot shows beyond zero, e.g. `sip_keepalive_requests_total example.org udp OPTIONS 1`. */
function lines(snapshot: MetricSnapshot): string[] {
  return metricRows().flatMap(([key, row]) => [
    ...(snapshot.values.get(key) ?? []).map(({ labels, value }) => [row.name, ...labels, value].join(" ")),
    ...(snapshot.histograms.get(key) ?? []).map(({ labels, counts, sum }) =>
      [row.name, ...labels, `${counts.reduce((a, b) => a + b, 0)} samples, sum ${sum}`].join(" "),
    ),
  ]);
}

/** Returns a function that tells which lines have changed or come since it was last called. */
function watch(snapshot: () => MetricSnapshot): () => string[] {
  let before = new Set(lines(snapshot()));
  return () => {
    const now = lines(snapshot());
    const fresh = now.filter((line) => !before.has(line) && !/(?<!sum) 0$| 0 samples, sum 0$/.test(line));
    before = new Set(now);
    return fresh.filter((line) => !/^sip_registrar_(label|cells)|^sip_[a-z_]*cells/.test(line));
  };
}

describe("KeepaliveCounters: one event moves these series", () => {
  test.each<{ event: string; act: (counters: KeepaliveCounters, heartbeats: Heartbeats) => void; series: string[] }>([
    {
      event: "probeSent",
      act: (counters) => counters.probeSent(0, 2),
      series: [
        "sip_keepalive_requests_total example.org udp OPTIONS 1",
        "sip_keepalive_schedule_delay_seconds 1 samples, sum 0.002",
      ],
    },
    {
      event: "probeAnswered with 200",
      act: (counters) => counters.probeAnswered(0, 200, 20, false),
      series: [
        "sip_keepalive_rtt_seconds example.org udp OPTIONS 1 samples, sum 0.02",
        "sip_keepalive_responses_total example.org udp OPTIONS 200 1",
      ],
    },
    {
      event: "probeAnswered by a contact whose round trips are known to vary",
      act: (counters, heartbeats) => {
        heartbeats.answered(0, 20, 1_000);
        heartbeats.answered(0, 36, 2_000);
        counters.probeAnswered(0, 200, 36, false);
      },
      series: [
        "sip_keepalive_rtt_seconds example.org udp OPTIONS 1 samples, sum 0.036",
        "sip_keepalive_jitter_seconds example.org udp 1 samples, sum 0.001",
        "sip_keepalive_responses_total example.org udp OPTIONS 200 1",
      ],
    },
    {
      event: "probeAnswered with 404 while the loop was busy",
      act: (counters) => counters.probeAnswered(1, 404, 1_500, true),
      series: [
        "sip_keepalive_rtt_seconds example.org tcp OPTIONS 1 samples, sum 1.5",
        "sip_keepalive_responses_total example.org tcp OPTIONS 404 1",
        "sip_keepalive_imprecise_samples_total tcp 1",
      ],
    },
    ...FAILURE_REASONS.map((reason) => ({
      event: `probeFailed: ${reason}`,
      act: (counters: KeepaliveCounters) => counters.probeFailed(1, reason),
      series: [`sip_keepalive_failures_total example.org tcp OPTIONS ${reason} 1`],
    })),
    {
      event: "lateResponse",
      act: (counters) => counters.lateResponse(0),
      series: ["sip_keepalive_late_responses_total example.org udp OPTIONS 1"],
    },
    {
      event: "duplicateResponse",
      act: (counters) => counters.duplicateResponse(1),
      series: ["sip_keepalive_duplicate_responses_total example.org tcp OPTIONS 1"],
    },
    ...UNMATCHED_REASONS.map((reason) => ({
      event: `unmatchedResponse: ${reason}`,
      act: (counters: KeepaliveCounters) => counters.unmatchedResponse("tcp", reason),
      series: [`sip_keepalive_unmatched_responses_total tcp ${reason} 1`],
    })),
    {
      event: "probeSkipped",
      act: (counters) => counters.probeSkipped(1, "no_flow"),
      series: ["sip_keepalive_skipped_total example.org tcp no_flow 1"],
    },
    {
      event: "stateChanged into keepalive",
      act: (counters) => counters.stateChanged(0, null, "unknown"),
      series: ["sip_keepalive_contacts example.org udp unknown 1"],
    },
    {
      event: "stateChanged from one state to another",
      act: (counters) => counters.stateChanged(0, "unknown", "reachable"),
      series: [
        "sip_keepalive_contacts example.org udp unknown -1",
        "sip_keepalive_contacts example.org udp reachable 1",
        "sip_keepalive_state_transitions_total example.org udp unknown reachable 1",
      ],
    },
    {
      event: "stateChanged out of keepalive",
      act: (counters) => counters.stateChanged(0, "reachable", null),
      series: ["sip_keepalive_contacts example.org udp reachable -1"],
    },
  ])("$event", ({ act, series }) => {
    const { keepalive, heartbeats, moved } = open();
    act(keepalive, heartbeats);
    expect(moved().sort()).toEqual(series.toSorted());
  });

  test("setMethod() counts under the new name from now on; the old counts and the contacts stay", () => {
    const { keepalive, moved } = open();
    keepalive.stateChanged(0, null, "unknown");
    keepalive.probeSent(0, 0);
    moved();
    keepalive.setMethod("INFO");
    keepalive.probeSent(0, 0);
    keepalive.stateChanged(0, "unknown", null);
    keepalive.setMethod("OPTIONS");
    keepalive.probeSent(0, 0);
    expect(moved()).toEqual([
      "sip_keepalive_requests_total example.org udp OPTIONS 2",
      "sip_keepalive_requests_total example.org udp INFO 1",
      "sip_keepalive_schedule_delay_seconds 3 samples, sum 0",
    ]);
  });
});

describe("prepare()", () => {
  test("makes every counter that a first event could move exist at 0, so that its increase is seen", () => {
    const { instruments, snapshot } = openReadable();
    const table = new ContactTable({ capacity: 8, random: seededRandom(1), startWallMs: 0 });
    const domains = new DomainLabels({ instruments, domains: ["example.org"], limit: 20 });
    const heartbeats = new Heartbeats(8);
    const keepalive = new KeepaliveCounters({ instruments, table, domains, heartbeats, method: "OPTIONS" });
    const registrar = new RegistrarCounters({ instruments, table, domains });
    const transport = new TransportCounters(instruments);
    for (let domain = 0; domain < domains.count; domain++) {
      keepalive.prepare(domain, TRANSPORTS.indexOf("tcp"));
      registrar.prepare(domain, TRANSPORTS.indexOf("tcp"));
    }
    transport.prepare("tcp");
    const prepared = lines(snapshot());
    for (const domain of ["example.org", "other"]) {
      for (const line of [
        `sip_keepalive_rtt_seconds ${domain} tcp OPTIONS 0 samples, sum 0`,
        `sip_keepalive_jitter_seconds ${domain} tcp 0 samples, sum 0`,
        `sip_keepalive_requests_total ${domain} tcp OPTIONS 0`,
        `sip_keepalive_responses_total ${domain} tcp OPTIONS 200 0`,
        ...FAILURE_REASONS.map((reason) => `sip_keepalive_failures_total ${domain} tcp OPTIONS ${reason} 0`),
        `sip_keepalive_skipped_total ${domain} tcp no_flow 0`,
        `sip_keepalive_contacts ${domain} tcp unreachable 0`,
        `sip_registrar_requests_total ${domain} tcp 0`,
        `sip_registrar_responses_total ${domain} tcp 200 0`,
        `sip_registrar_bindings ${domain} tcp 0`,
        `sip_registrar_binding_events_total ${domain} tcp expired 0`,
        `sip_registrar_binding_expires_seconds ${domain} 0 samples, sum 0`,
      ]) {
        expect(prepared).toContain(line);
      }
    }
    expect(prepared).toContain("sip_keepalive_unmatched_responses_total tcp wrong_source 0");
    expect(prepared).toContain("sip_transport_connections tcp 0");
    expect(prepared).toContain("sip_transport_dropped_messages_total tcp queue_full 0");
    expect(prepared).toContain("sip_transport_connections_closed_total tcp idle_timeout 0");
  });

  test("of every domain label there may be, on every transport, stays within the series budget and half of the room", () => {
    const { instruments, snapshot } = openReadable();
    const table = new ContactTable({ capacity: 8, random: seededRandom(1), startWallMs: 0 });
    const names = Array.from({ length: DOMAIN.max }, (_, i) => `d${i}.example`);
    const domains = new DomainLabels({ instruments, domains: names, limit: DOMAIN.max });
    const heartbeats = new Heartbeats(8);
    const keepalive = new KeepaliveCounters({ instruments, table, domains, heartbeats, method: "OPTIONS" });
    const registrar = new RegistrarCounters({ instruments, table, domains });
    const transports = new TransportCounters(instruments);
    TRANSPORTS.forEach((transport, index) => {
      transports.prepare(transport);
      for (let domain = 0; domain < domains.count; domain++) {
        keepalive.prepare(domain, index);
        registrar.prepare(domain, index);
      }
    });
    const { values, histograms } = snapshot();
    const perHistogram = [...histograms.values()].flat().map(({ counts }) => counts.length + 2);
    const series = [...values.values()].flat().length + perHistogram.reduce((sum, count) => sum + count, 0);
    expect(series).toBeGreaterThan(5_000);
    expect(series).toBeLessThan(SERIES_BUDGET);
    const cells = values.get("labelValues")?.find(({ labels }) => labels[0] === "cells")?.value;
    expect(cells).toBeLessThan(CELLS_MAX / 2);
    expect(instruments.value(instruments.cell("labelOverflows", "cells"))).toBe(0);
  });

  test("of UDP makes no series of connections: there are none", () => {
    const { instruments, snapshot } = openReadable();
    new TransportCounters(instruments).prepare("udp");
    expect(lines(snapshot()).filter((line) => line.startsWith("sip_transport_connections"))).toEqual([]);
  });
});

describe("RegistrarCounters", () => {
  test("the gauge of bindings follows each binding from flow to flow; events are counted where it is then", () => {
    const { location, domain, registrar, moved } = open();
    location.watch(registrar);
    const slot = location.store(aContact({ domain }));
    expect(moved()).toEqual([
      "sip_registrar_bindings example.org udp 1",
      "sip_registrar_binding_events_total example.org udp created 1",
      "sip_registrar_binding_expires_seconds example.org 1 samples, sum 3600",
    ]);
    location.refresh(slot, aContact({ domain, cseq: 2 }));
    expect(moved()).toEqual([
      "sip_registrar_binding_events_total example.org udp refreshed 1",
      "sip_registrar_binding_expires_seconds example.org 2 samples, sum 7200",
    ]);
    location.refresh(slot, aContact({ domain, flow: aStream(5) }));
    expect(moved()).toEqual([
      "sip_registrar_bindings example.org tcp 1",
      "sip_registrar_binding_events_total example.org tcp moved 1",
      "sip_registrar_binding_expires_seconds example.org 3 samples, sum 10800",
    ]);
    location.remove(slot, "expired");
    expect(moved()).toEqual(["sip_registrar_binding_events_total example.org tcp expired 1"]);
    location.restore(aContact({ domain }), "uloc-1-00000001-7");
    expect(moved()).toEqual([
      "sip_registrar_bindings example.org udp 1",
      "sip_registrar_binding_events_total example.org udp restored 1",
    ]);
  });

  test("a granted lifetime is in the bucket of its seconds, although instants are fractions of a millisecond", () => {
    const { instruments, snapshot } = openReadable();
    const table = new ContactTable({ capacity: 8, random: seededRandom(1), startWallMs: 0 });
    const location = new Location({ table, clock: new ManualClock() });
    location.watch(
      new RegistrarCounters({
        instruments,
        table,
        domains: new DomainLabels({ instruments, domains: ["a"], limit: 1 }),
      }),
    );
    const modifiedAtMs = 594_345.734_794_999_9;
    expect(modifiedAtMs + 3_600_000 - modifiedAtMs).toBeGreaterThan(3_600_000);
    location.store(aContact({ domain: 1, modifiedAtMs, expiresAtMs: modifiedAtMs + 3_600_000 }));
    const [series] = snapshot().histograms.get("registrarBindingExpires")!;
    expect(series?.counts[metricRow("registrarBindingExpires").buckets!.indexOf(3_600)]).toBe(1);
  });

  test("an answered REGISTER is a request, a response by status and a duration", () => {
    const { domain, registrar, moved } = open();
    registrar.registerAnswered(domain, "udp", 423, 0.5);
    expect(moved()).toEqual([
      "sip_registrar_requests_total example.org udp 1",
      "sip_registrar_responses_total example.org udp 423 1",
      "sip_registrar_request_duration_seconds example.org udp 1 samples, sum 0.0005",
    ]);
  });
});

describe("TransportCounters", () => {
  test.each<{ act: (counters: TransportCounters) => void; series: string[]; because: string }>([
    {
      act: (counters) => counters.messageReceived("udp", "REGISTER"),
      series: ["sip_transport_messages_total udp in REGISTER 1"],
      because: "a message in",
    },
    {
      act: (counters) => counters.messageSent("tcp", "OPTIONS"),
      series: ["sip_transport_messages_total tcp out OPTIONS 1"],
      because: "a message out",
    },
    {
      act: (counters) => counters.messageReceived("udp", "X-0001"),
      series: ["sip_transport_messages_total udp in other 1"],
      because: "a method that the network invents is other",
    },
    {
      act: (counters) => counters.parseFailed("udp", "truncated"),
      series: ["sip_transport_parse_errors_total udp truncated 1"],
      because: "not a message",
    },
    {
      act: (counters) => counters.dropped("tcp", "queue_full"),
      series: ["sip_transport_dropped_messages_total tcp queue_full 1"],
      because: "a message that had no room",
    },
    {
      act: (counters) => counters.connectionOpened("tcp"),
      series: ["sip_transport_connections tcp 1"],
      because: "a connection",
    },
    {
      act: (counters) => {
        counters.connectionOpened("tcp");
        counters.connectionClosed("tcp", "peer");
      },
      series: ["sip_transport_connections_closed_total tcp peer 1"],
      because: "a connection that came and went",
    },
  ])("$because", ({ act, series }) => {
    const { transport, moved } = open();
    act(transport);
    expect(moved()).toEqual(series);
  });

  test("invented methods make one series, however many they are", () => {
    const { transport, moved } = open();
    for (let i = 0; i < 2_000; i++) transport.messageReceived("udp", `X${i}`);
    expect(moved()).toEqual(["sip_transport_messages_total udp in other 2000"]);
  });
});

describe("DomainLabels", () => {
  const open = (domains: readonly string[], limit = 2) =>
    new DomainLabels({ instruments: openReadable().instruments, domains, limit });

  test.each([
    { domains: [], asked: ["a", "b", "c", "a", "b"], labels: ["a", "b", "other", "a", "b"], because: "the first seen" },
    { domains: ["x"], asked: ["x", "a", "x"], labels: ["x", "other", "x"], because: "only the configured ones" },
    { domains: [], asked: ["", "other"], labels: ["other", "other"], because: "no domain is no domain's label" },
  ])("of $asked with $domains: $because", ({ domains, asked, labels }) => {
    const numbers = open(domains);
    expect(asked.map((domain) => numbers.labelOf(numbers.numberOf(domain)))).toEqual(labels);
  });

  test("a number stays with its domain, and all numbers are below count", () => {
    const numbers = open([], 3);
    const given = ["a", "b", "c", "d"].map((domain) => numbers.numberOf(domain));
    expect(["a", "b", "c", "d"].map((domain) => numbers.numberOf(domain))).toEqual(given);
    expect(new Set(given).size).toBe(4);
    expect(Math.max(...given)).toBeLessThan(numbers.count);
    expect(numbers.labelOf(99)).toBe("other");
  });
});

test("no metric has an identifier as a label", () => {
  for (const [key] of metricRows()) {
    const names = metricRow(key).labels.map(({ name }) => name);
    for (const forbidden of ["aor", "contact", "address", "ip", "call_id", "ruid", "user_agent"]) {
      expect(names).not.toContain(forbidden);
    }
  }
});

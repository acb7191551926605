/**
 * A registry as full as the budget of series allows: domains are added, each with all its metrics, until it is reached.
 *
 * Every round trip has been observed many times, so exponential buckets are as many as in operation, and the buckets
 * of the round trip have the traces behind them that a daemon with traces would have.
 *
 * @module
 */
import type { Clock } from "../src/base/clock.ts";
import { randomHex, seededRandom } from "../src/base/random.ts";
import { sToMs } from "../src/base/units.ts";
import { type CellKey, type HistogramKey, type MetricRow, metricRows } from "../src/instruments/catalogue.ts";
import type { PublishedSnapshot } from "../src/instruments/exchange.ts";
import type { Instruments } from "../src/instruments/instruments.ts";
import type { Label } from "../src/instruments/labels.ts";
import type { MetricSnapshot } from "../src/instruments/snapshot.ts";
import type { ProbeRecord } from "../src/instruments/span-records.ts";
import type { ExpositionFamily } from "../src/telemetry/exposition/model.ts";
import { ExemplarStore } from "../src/telemetry/otel/exemplars.ts";
import { openTelemetry, type Telemetry } from "../src/telemetry/registry.ts";
import { logNormal } from "./populations.ts";
import { openReadable } from "./readable-instruments.ts";

/** More domains than this are never needed to reach a budget, and would overflow the room of cells. */
const DOMAINS_MAX = 100;
/** Observations of each histogram. */
const OBSERVATIONS = 300;
/** Traced round trips of each domain and transport, spread over its buckets. */
const TRACED = 40;
/** Networks with phones; a registry of this release has no others. */
const TRANSPORTS = ["udp", "tcp"] as const;
/** Values of open labels; the rest comes from the catalogue. */
const OPEN_VALUES: Readonly<Record<string, readonly string[]>> = { method: ["OPTIONS"], code: ["200", "404", "480"] };

const SEED = 5_000;
/** What each domain's round trips are like. */
const ROUND_TRIPS = logNormal(0.04, 0.5);

/** A registry, and what it shows. */
export interface FullRegistry {
  readonly telemetry: Telemetry;
  /** Series in the text format, as Prometheus counts them. */
  readonly series: number;
  /** What the engine does when it is asked. */
  publish(): PublishedSnapshot;
  /** What the main thread does with it. */
  read(published: PublishedSnapshot): MetricSnapshot;
}

/** Fills a registry. @param seriesMin at least so many series, and at most one domain more */
export async function openFullRegistry(clock: Clock, seriesMin: number): Promise<FullRegistry> {
  const { instruments, read } = openReadable(clock, { domain: DOMAINS_MAX });
  const exemplars = new ExemplarStore();
  const build = { version: "0.0.0", revision: "unknown", nodeVersion: process.versions.node };
  const telemetry = openTelemetry({ ...build, clock, storeBackend: "sqlite", exemplars });
  const random = seededRandom(SEED);
  let series = 0;
  for (let domain = 0; domain < DOMAINS_MAX && series < seriesMin; domain++) {
    const name = `pbx${domain}.example.org`;
    countDomain(instruments, name, () => ROUND_TRIPS(random));
    for (const transport of TRANSPORTS) {
      for (let traced = 0; traced < TRACED; traced++) {
        const ids = { traceId: randomHex(random, 4), spanId: randomHex(random, 2) };
        exemplars.offer(
          { ...aRecord(clock, name, transport), ...ids, durationMs: sToMs(ROUND_TRIPS(random)) },
          clock.monotonicMs(),
        );
      }
    }
    series = seriesIn(await telemetry.collect(read(instruments.publish())));
  }
  return { telemetry, series, read, publish: () => instruments.publish() };
}

/** Sample lines of the text format. */
export function seriesIn(families: readonly ExpositionFamily[]): number {
  let series = 0;
  for (const family of families) {
    if (family.type !== "histogram") series += family.points.length;
    // Its buckets, its sum and its count.
    else for (const { counts } of family.points) series += counts.length + 2;
  }
  return series;
}

/** One domain with everything that the engine counts. */
function countDomain(instruments: Instruments, domain: string, roundTripS: () => number): void {
  for (const [key, row] of metricRows()) {
    if (row.thread !== "engine") continue;
    for (const labels of combinations(row, domain)) {
      if (row.type !== "histogram") instruments.add(instruments.cell(key as CellKey, ...labels), 1_234);
      else observeMany(instruments, instruments.histogram(key as HistogramKey, ...labels), roundTripS);
    }
  }
}

function observeMany(instruments: Instruments, histogram: number, roundTripS: () => number): void {
  for (let i = 0; i < OBSERVATIONS; i++) instruments.observe(histogram, roundTripS());
}

/** Label values of every series that a domain brings, in the order of the row. */
function combinations({ labels }: MetricRow, domain: string): readonly (readonly string[])[] {
  return labels.reduce<readonly (readonly string[])[]>(
    (found, label) => found.flatMap((values) => valuesOf(label, domain).map((value) => [...values, value])),
    [[]],
  );
}

function valuesOf(label: Label, domain: string): readonly string[] {
  if (label.name === "domain") return [domain];
  if (label.name === "transport") return TRANSPORTS;
  return label.values ?? OPEN_VALUES[label.name] ?? [];
}

function aRecord(clock: Clock, domain: string, transport: "udp" | "tcp"): Omit<ProbeRecord, "traceId" | "spanId"> {
  return {
    kind: "probe",
    startWallMs: clock.wallMs(),
    durationMs: 0,
    because: "ratio",
    ...{ domain, transport, method: "OPTIONS", status: 200 },
    ...{ peerAddress: "192.0.2.7", peerPort: 5_060, aor: null, userAgent: null, ruid: "uloc-1" },
    ...{ reason: null, change: null, isImprecise: false, registration: null },
  };
}

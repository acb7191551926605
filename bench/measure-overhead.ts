/**
 * What traces, logs and metrics over OTLP add to the CPU of a keepalive: the same daemon without them and with them.
 *
 *      start, phones register | 1.5 intervals: "first", new code | 2 intervals: "later" |
 *
 * Both are measured in turn within one run, so that a machine that is busy for a minute is busy for both. What is not
 * in it: the counters, which cannot be turned off.
 *
 * @module
 */
import { elapsed } from "../src/base/clock.ts";
import { sToMs } from "../src/base/units.ts";
import type { Child } from "./child.ts";
import { type DaemonUnderTest, type Environment, freePort, openDaemon } from "./daemon.ts";
import { sumOf } from "./exposition.ts";
import { type Figures, ratioOf } from "./figures.ts";
import { PHONES_LATE_US, type Population } from "./measure-keepalive.ts";
import type { Bench, Outcome } from "./measurement.ts";
import { type OtlpSink, openOtlpSink } from "./otlp-sink.ts";
import { type CpuTimes, cpuTimesOf } from "./thread-cpu.ts";

/** Share of ordinary probes that become a span. */
const SAMPLE_RATIO = 0.01;
/** Metrics are sent in each window; the daemon's default of a minute would send none. */
const METRIC_INTERVAL_MS = 10_000;
/** Phones answer after this, as in the other rows. */
const DELAY = "20ms";
/** Lengths of the windows; the first one is that of the other rows. */
const FIRST_ROUNDS = 1.5;
const LATER_ROUNDS = 2;
const REGISTER_LIMIT_MS = 60_000;
const POLL_MS = 50;

/** Microseconds of CPU for one keepalive. */
export interface Cost {
  readonly processUs: number | null;
  readonly engineUs: number | null;
}

/** What one daemon was seen to do. */
export interface Watched {
  readonly first: Cost;
  readonly later: Cost;
  /** Since the start; `null` when it counts no spans. */
  readonly spansPerProbe: number | null;
  readonly warnings: readonly string[];
}

/** Without OTLP, then with it. */
export async function ownOverhead(bench: Bench, population: Population): Promise<Outcome> {
  const plain = await watch(bench, population, {});
  await using sink = await openOtlpSink();
  const traced = await watch(bench, population, {
    SIPULSE_TELEMETRY_TRACES_SAMPLE_RATIO: String(SAMPLE_RATIO),
    OTEL_EXPORTER_OTLP_ENDPOINT: sink.endpoint,
    OTEL_METRIC_EXPORT_INTERVAL: String(METRIC_INTERVAL_MS),
  });
  return overheadOutcome(plain, traced, sink);
}

/** Compares the two. What did not arrive at the collector was not paid for: then the overhead is unknown. */
export function overheadOutcome(plain: Watched, traced: Watched, sink: Pick<OtlpSink, "received">): Outcome {
  const missing = ["/v1/traces", "/v1/metrics", "/v1/logs"].filter((path) => sink.received(path).requests === 0);
  const added = (window: "first" | "later", who: keyof Cost): number | null => {
    const [before, after] = [plain[window][who], traced[window][who]];
    if (missing.length > 0 || before === null || after === null) return null;
    return ratioOf(after - before, plain[window].processUs);
  };
  const figures: Figures = {
    plainCpuUs: plain.first.processUs,
    tracedCpuUs: traced.first.processUs,
    plainLaterCpuUs: plain.later.processUs,
    tracedLaterCpuUs: traced.later.processUs,
    engineAddedRatio: added("first", "engineUs"),
    engineAddedLaterRatio: added("later", "engineUs"),
    processAddedRatio: added("first", "processUs"),
    processAddedLaterRatio: added("later", "processUs"),
    spansPerProbe: traced.spansPerProbe,
  };
  const warnings = [
    ...plain.warnings.map((text) => `without OTLP: ${text}`),
    ...traced.warnings.map((text) => `with OTLP: ${text}`),
    ...missing.map((path) => `the collector got nothing at ${path}: no overhead to be told`),
  ];
  return { figures, warnings };
}

async function watch(bench: Bench, { contacts, intervalS }: Population, environment: Environment): Promise<Watched> {
  const intervalMs = sToMs(intervalS);
  await using daemon = await openDaemon(bench, ["--keepalive.interval", `${intervalS}s`], environment);
  const hold = Math.ceil(intervalS * (FIRST_ROUNDS + LATER_ROUNDS + 2));
  await using phones = await bench.tools.phonesThatStay(
    ...["-t", daemon.sip, "-p", await freePort(), "-n", contacts, "-D", DELAY, "-T", hold],
  );
  const registered = await firstLine(bench, phones);
  const began = await read(daemon);
  const first = await costOf(bench, daemon, began, intervalMs * FIRST_ROUNDS);
  const later = await costOf(bench, daemon, await read(daemon), intervalMs * LATER_ROUNDS);
  const exposition = await scrape(daemon);
  await phones.end("SIGTERM");
  const spans = sumOf(exposition, "sip_telemetry_spans_recorded_total");
  return {
    ...{ first, later },
    spansPerProbe: ratioOf(spans, sumOf(exposition, "sip_keepalive_requests_total")),
    warnings: [...phoneDoubts(contacts, registered, phones.lines.at(-1) ?? ""), ...daemon.warnings],
  };
}

/** Where a window begins: what was spent is read last, so that the scrape is not in it. */
interface Reading {
  readonly probes: number;
  readonly cpu: CpuTimes;
}

async function read(daemon: DaemonUnderTest): Promise<Reading> {
  const probes = sumOf(await scrape(daemon), "sip_keepalive_requests_total") ?? 0;
  return { probes, cpu: cpuTimesOf(daemon.pid) };
}

async function costOf({ clock }: Bench, daemon: DaemonUnderTest, began: Reading, lengthMs: number): Promise<Cost> {
  await elapsed(clock, lengthMs);
  const cpu = cpuTimesOf(daemon.pid);
  const { probes } = await read(daemon);
  return costBetween(began, { probes, cpu });
}

/** CPU by the probe. */
export function costBetween(began: Reading, ended: Reading): Cost {
  const probes = ended.probes - began.probes;
  const perProbe = (from: number | null, to: number | null): number | null => {
    const spentMs = from === null || to === null ? null : to - from;
    const perProbeMs = ratioOf(spentMs, probes);
    // Milliseconds for a thousand are microseconds for one; whole ones would be too coarse.
    return perProbeMs === null ? null : sToMs(perProbeMs);
  };
  return {
    processUs: perProbe(began.cpu.processMs, ended.cpu.processMs),
    engineUs: perProbe(began.cpu.engineMs, ended.cpu.engineMs),
  };
}

async function scrape({ metricsUrl }: DaemonUnderTest): Promise<string> {
  return (await fetch(metricsUrl)).text();
}

/** What the phones say when all of them have registered. @throws when they do not */
async function firstLine({ clock }: Bench, phones: Child): Promise<string> {
  for (let waitedMs = 0; waitedMs < REGISTER_LIMIT_MS; waitedMs += POLL_MS) {
    const line = phones.lines[0];
    if (line !== undefined) return line;
    await elapsed(clock, POLL_MS);
  }
  throw new Error(`phones did not register within ${REGISTER_LIMIT_MS} ms`);
}

/** What makes a run doubtful. @param registered @param ended lines of uasim */
export function phoneDoubts(contacts: number, registered: string, ended: string): readonly string[] {
  const { ok } = JSON.parse(registered) as { readonly ok: number };
  const end = JSON.parse(ended) as {
    readonly own_rx_drops: number;
    readonly over_planned_us: { readonly p99: number } | null;
  };
  const lateUs = end.over_planned_us?.p99 ?? 0;
  const doubts: readonly (readonly [isDoubt: boolean, text: string])[] = [
    [ok < contacts, `only ${ok} of ${contacts} contacts registered`],
    [lateUs > PHONES_LATE_US, `phones answered late (p99 ${lateUs} us): the machine was too busy to judge`],
    [end.own_rx_drops > 0, `${end.own_rx_drops} probes lost in the phones' own buffer`],
  ];
  return doubts.filter(([isDoubt]) => isDoubt).map(([, text]) => text);
}

/**
 * `ul.dump` and `/metrics` over HTTP with a full table, beside a gentle stream of REGISTER requests.
 *
 * @module
 */
import { elapsed } from "../src/base/clock.ts";
import { msToS, sToMs } from "../src/base/units.ts";
import { type DaemonUnderTest, freePort, openDaemon, QUIET } from "./daemon.ts";
import { median, ratioOf } from "./figures.ts";
import type { Bench, Outcome } from "./measurement.ts";

/** Contacts in the full table, and in the one that `/metrics` is compared with. */
export const DUMPED_CONTACTS = 100_000;
export const FEW_CONTACTS = 10;
/** The stream beside the dump, and its head start: the same that the peer gets. */
const STREAM_PER_S = 500;
const STREAM_TIMEOUT_S = 60;
const STREAM_HEAD_START_MS = 300;
/** Scrapes of which the median is taken; the first one of a process compiles what it needs and is left out. */
const SCRAPES = 7;

/** A result of `kamailio_bench.py dump`, as far as it is used here. */
export interface DumpLine {
  readonly total_s: number;
  /** How many AoRs were read, or why it was no JSON. */
  readonly aors_parsed: number | string;
  readonly metrics_s: number;
  readonly metrics_bytes: number;
}

/** The shape of `ul.dump`, as far as it is counted. */
interface DumpReply {
  readonly result: { readonly Domains: readonly { readonly Domain: { readonly AoRs: readonly unknown[] } }[] };
}

/** Measures a fresh sipulse. */
export async function ownDump(bench: Bench): Promise<Outcome> {
  await using daemon = await openDaemon(bench, QUIET);
  const port = await freePort();
  const phones = ["-t", daemon.sip, "-p", port] as const;
  await bench.tools.phones(...phones, "-n", FEW_CONTACTS);
  const few = await scrape(bench, daemon);
  await bench.tools.phones(...phones, "-f", FEW_CONTACTS, "-n", DUMPED_CONTACTS - FEW_CONTACTS);
  const dump = await dumpBesideStream(bench, daemon, port);
  const many = await scrape(bench, daemon);
  return {
    figures: {
      dumpS: dump.seconds,
      dumpAors: dump.aors,
      metricsMs: many.milliseconds,
      metricsOctets: many.octets,
      metricsGrowth: ratioOf(many.octets, few.octets),
    },
    warnings: daemon.warnings,
  };
}

/** Measures a fresh Kamailio, its write queues raised so that the reply is not cut. */
export async function peerDump(bench: Bench): Promise<Outcome> {
  const [line] = await bench.tools.kamailioBench<DumpLine>("dump", "--sizes", DUMPED_CONTACTS);
  if (line === undefined) throw new Error("kamailio_bench.py dump printed nothing");
  const { aors_parsed: aors } = line;
  return {
    figures: {
      dumpS: line.total_s,
      dumpAors: typeof aors === "number" ? aors : null,
      metricsMs: sToMs(line.metrics_s),
      metricsOctets: line.metrics_bytes,
      metricsGrowth: null,
    },
    warnings: typeof aors === "number" ? [] : [`ul.dump is not JSON: ${aors}`],
  };
}

async function dumpBesideStream(bench: Bench, daemon: DaemonUnderTest, port: number) {
  const { clock, tools } = bench;
  await using _stream = await tools.phonesThatStay(
    ...["-t", daemon.sip, "-p", port, "-n", DUMPED_CONTACTS, "-r", STREAM_PER_S, "--reg-timeout", STREAM_TIMEOUT_S],
  );
  await elapsed(clock, STREAM_HEAD_START_MS);
  const beganMs = clock.monotonicMs();
  const reply = await fetch(daemon.rpcUrl, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: '{"jsonrpc":"2.0","id":1,"method":"ul.dump"}',
  });
  const octets = await reply.arrayBuffer();
  const seconds = msToS(clock.monotonicMs() - beganMs);
  return { seconds, aors: countAors(new TextDecoder().decode(octets)) };
}

/** @throws {SyntaxError} when the reply was cut */
export function countAors(reply: string): number {
  const { result } = JSON.parse(reply) as DumpReply;
  return result.Domains.reduce((count, { Domain }) => count + Domain.AoRs.length, 0);
}

async function scrape({ clock }: Bench, daemon: DaemonUnderTest) {
  const milliseconds: number[] = [];
  let octets = 0;
  for (let scrapes = 0; scrapes <= SCRAPES; scrapes++) {
    const beganMs = clock.monotonicMs();
    const body = await (await fetch(daemon.metricsUrl)).arrayBuffer();
    if (scrapes > 0) milliseconds.push(clock.monotonicMs() - beganMs);
    octets = body.byteLength;
  }
  return { milliseconds: median(milliseconds), octets };
}

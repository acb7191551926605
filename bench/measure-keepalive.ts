/**
 * Keepalives: CPU, lost replies, error of the round trip, and how evenly probes leave.
 *
 * The phones write down when a probe arrived and when they answered; the error is what the server says (the last round
 * trip of every contact, imprecise ones included) minus that.
 *
 * @module
 */
import { sToMs } from "../src/base/units.ts";
import { type DaemonUnderTest, freePort, openDaemon } from "./daemon.ts";
import { sumOf } from "./exposition.ts";
import { type Figures, ratioOf } from "./figures.ts";
import type { Bench, Outcome } from "./measurement.ts";

/** How many contacts, and how often each one is probed. */
export interface Population {
  readonly contacts: number;
  readonly intervalS: number;
}

/** E.g. `10,000 / 8 s`. */
export const nameOf = ({ contacts, intervalS }: Population): string =>
  `${contacts.toLocaleString("en-US")} / ${intervalS} s`;

/** What somebody else does to our server in the meantime. */
export type Beside = "nothing" | "scrape" | "dump";

/** Whole intervals that are watched; bench.py adds half of one. */
const ROUNDS = 1;
/** Seconds between two scrapes, as eager as a Prometheus gets. */
const SCRAPE_PAUSE_S = 1;
/** Octets that Kamailio asks for in the run that measures its CPU: with its default it loses replies unseen. */
const PEER_BUFFER_OCTETS = 4_194_304;
/** Phones that answer later than planned by more than this say that the machine was too busy to judge. */
export const PHONES_LATE_US = 1_000;

/** A result of `bench.py ka`, as far as it is used here; microseconds where the name says so. */
export interface KeepaliveLine {
  readonly n: number;
  readonly registered: number;
  readonly pinged: number;
  readonly answered: number;
  /** `null` without a process id. */
  readonly cpu_s_per_1k_ka: number | null;
  readonly burst: { readonly max_10ms: number; readonly max_100ms: number };
  readonly rtt_err_us: Record<"p50" | "p99" | "max" | "min", number | null> & { readonly negative: number };
  readonly missing_rtt: number;
  readonly stale_rtt: number;
  readonly replies_dropped_by_full_buffer: number | null;
  readonly ua_drops: number;
  readonly ua_over_planned_us: { readonly p99: number } | null;
}

/** Measures a fresh sipulse. */
export async function ownKeepalive(bench: Bench, population: Population, beside: Beside): Promise<Outcome> {
  const { contacts, intervalS } = population;
  await using daemon = await openDaemon(bench, ["--keepalive.interval", `${intervalS}s`]);
  const [line] = await bench.tools.bench<KeepaliveLine>(
    ...["ka", "-t", daemon.sip, "--pid", daemon.pid, "-n", contacts, "--every", intervalS, "--rounds", ROUNDS],
    ...["--uasim-args", `-p ${await freePort()}`, "--rtt-cmd", `python3 -B ul_dump_rtt.py ${daemon.rpcUrl}`],
    ...besideArguments(daemon, beside),
  );
  if (line === undefined) throw new Error("bench.py ka printed nothing");
  const exposition = await (await fetch(daemon.metricsUrl)).text();
  const unflaggedRatio = unflaggedRatioOf(exposition);
  const warnings = [...keepaliveWarnings(line), ...daemon.warnings];
  return { figures: { ...keepaliveFigures(line), unflaggedRatio, unflaggedErrorP99Us: null }, warnings };
}

/** Measures a fresh Kamailio, with its default receive buffer or one that loses nothing. */
export async function peerKeepalive(
  bench: Bench,
  population: Population,
  buffer: "default" | "large",
): Promise<Outcome> {
  const { contacts, intervalS } = population;
  const [line] = await bench.tools.kamailioBench<KeepaliveLine>(
    ...["ka", "-n", contacts, "--every", intervalS, "--rounds", ROUNDS],
    ...(buffer === "large" ? ["--maxbuf", PEER_BUFFER_OCTETS] : []),
  );
  if (line === undefined) throw new Error("kamailio_bench.py ka printed nothing");
  return { figures: keepaliveFigures(line), warnings: keepaliveWarnings(line) };
}

function besideArguments(daemon: DaemonUnderTest, beside: Beside): readonly (string | number)[] {
  if (beside === "nothing") return [];
  if (beside === "scrape")
    return ["--beside", `curl -s -o /dev/null ${daemon.metricsUrl}`, "--beside-pause", SCRAPE_PAUSE_S];
  const call = `{"jsonrpc":"2.0","id":1,"method":"ul.dump"}`;
  const command = `curl -s -o /dev/null -H 'Content-Type: application/json' -d '${call}' ${daemon.rpcUrl}`;
  return ["--beside", command, "--beside-pause", 0];
}

/** The figures of one result. */
export function keepaliveFigures(line: KeepaliveLine): Figures {
  const { cpu_s_per_1k_ka: cpuSPer1k, burst, rtt_err_us: error } = line;
  return {
    // Milliseconds for a thousand are microseconds for one.
    cpuUs: cpuSPer1k === null ? null : sToMs(cpuSPer1k),
    lostRatio: ratioOf(line.replies_dropped_by_full_buffer, line.answered),
    errorP50Us: error.p50,
    errorP99Us: error.p99,
    errorMaxUs: error.max,
    most10Ms: burst.max_10ms,
    most100Ms: burst.max_100ms,
  };
}

/** What makes a result doubtful. Replies that a server lost are a figure, not a doubt. */
export function keepaliveWarnings(line: KeepaliveLine): readonly string[] {
  const lateUs = line.ua_over_planned_us?.p99 ?? 0;
  const lost = line.replies_dropped_by_full_buffer ?? 0;
  const doubts: readonly (readonly [isDoubt: boolean, text: string])[] = [
    [line.registered < line.n, `only ${line.registered} of ${line.n} contacts registered`],
    [line.pinged < line.n, `only ${line.pinged} of ${line.n} contacts were probed`],
    [lateUs > PHONES_LATE_US, `phones answered late (p99 ${lateUs} us): the machine was too busy to judge`],
    [line.ua_drops > 0, `${line.ua_drops} probes lost in the phones' own buffer`],
    [line.missing_rtt > lost, `${line.missing_rtt} answered contacts without a round trip`],
    [line.stale_rtt > 0, `${line.stale_rtt} round trips belong to no probe`],
    [line.rtt_err_us.negative > 0, `${line.rtt_err_us.negative} round trips shorter than the truth`],
  ];
  return doubts.filter(([isDoubt]) => isDoubt).map(([, text]) => text);
}

/** Share of all samples since the start that were precise; registering is part of it, which counts against us. */
export function unflaggedRatioOf(exposition: string): number | null {
  const imprecise = sumOf(exposition, "sip_keepalive_imprecise_samples_total");
  const samples = sumOf(exposition, "sip_keepalive_rtt_seconds_count");
  const flaggedRatio = ratioOf(imprecise, samples);
  return flaggedRatio === null ? null : 1 - flaggedRatio;
}

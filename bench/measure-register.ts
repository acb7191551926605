/**
 * REGISTER in a closed loop: how many inserts and updates a fresh server carries, and what they cost.
 *
 * @module
 */
import { freePort, openDaemon, QUIET } from "./daemon.ts";
import { type Figures, ratioOf } from "./figures.ts";
import type { Bench, Outcome } from "./measurement.ts";

/** Contacts per run, as in the recorded figures of the peer. */
const CONTACTS = 20_000;
/** bench.py tells CPU seconds for so many requests. */
const CPU_REQUESTS = 1_000;

/** A result of `bench.py reg`, as far as it is used here. */
export interface RegisterLine {
  readonly kind: "insert" | "refresh";
  readonly n: number;
  readonly ok: number;
  readonly per_s: number;
  readonly cpu_s_per_1k: number | null;
  readonly resent: number;
  readonly drops: number | null;
}

/** Measures a fresh sipulse with `window` requests under way at once. */
export async function ownRegister(bench: Bench, window: number): Promise<Outcome> {
  await using daemon = await openDaemon(bench, QUIET);
  const lines = await bench.tools.bench<RegisterLine>(
    ...["reg", "-t", daemon.sip, "--pid", daemon.pid, "-n", CONTACTS, "--window", window],
    ...["--uasim-args", `-p ${await freePort()}`],
  );
  const { figures, warnings } = registerOutcome(lines);
  return { figures, warnings: [...warnings, ...daemon.warnings] };
}

/** Measures a fresh Kamailio. */
export async function peerRegister(bench: Bench, window: number): Promise<Outcome> {
  return registerOutcome(await bench.tools.kamailioBench<RegisterLine>("reg", "-n", CONTACTS, "--window", window));
}

/** Inserts and updates of one window. */
export function registerOutcome(lines: readonly RegisterLine[]): Outcome {
  const figures: Record<string, number | null> = {};
  const warnings: string[] = [];
  for (const { kind, n, ok, per_s: perS, cpu_s_per_1k: cpuS, resent } of lines) {
    figures[`${kind}PerS`] = perS;
    figures[`${kind}PerCpuS`] = ratioOf(CPU_REQUESTS, cpuS);
    if (ok < n) warnings.push(`${kind}: only ${ok} of ${n} accepted`);
    if (resent > 0) warnings.push(`${kind}: ${resent} requests had to be sent again`);
  }
  return { figures: figures satisfies Figures, warnings };
}

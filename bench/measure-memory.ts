/**
 * Memory of one more contact, as a slope: what the server needs anyway is not in it.
 *
 * @module
 */
import { freePort, openDaemon, QUIET } from "./daemon.ts";
import type { Bench, Outcome } from "./measurement.ts";

const SIZES = [100_000, 300_000] as const;
const OCTETS_PER_KB = 1_024;

/** A result of `bench.py mem`, as far as it is used here. */
export interface MemoryLine {
  readonly n: number;
  /** Proportional set size of the server and its children; no garbage collection is forced before. */
  readonly pss_kb: number;
}

/** Measures a fresh sipulse. */
export async function ownMemory(bench: Bench): Promise<Outcome> {
  await using daemon = await openDaemon(bench, QUIET);
  const lines = await bench.tools.bench<MemoryLine>(
    ...["mem", "-t", daemon.sip, "--pid", daemon.pid, "--uasim-args", `-p ${await freePort()}`, "--sizes", ...SIZES],
  );
  return { figures: { octetsPerContact: slopeOf(lines) }, warnings: daemon.warnings };
}

/** Measures a fresh Kamailio. */
export async function peerMemory(bench: Bench): Promise<Outcome> {
  const lines = await bench.tools.kamailioBench<MemoryLine>("mem", "--sizes", ...SIZES);
  return { figures: { octetsPerContact: slopeOf(lines) }, warnings: [] };
}

/** Octets per contact between the smallest and the largest size; `null` with less than two sizes. */
export function slopeOf(lines: readonly MemoryLine[]): number | null {
  const ordered = [...lines].sort((a, b) => a.n - b.n);
  const first = ordered[0];
  const last = ordered.at(-1);
  if (first === undefined || last === undefined || last.n === first.n) return null;
  return ((last.pss_kb - first.pss_kb) * OCTETS_PER_KB) / (last.n - first.n);
}

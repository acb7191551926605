/**
 * Where the figures come from: without it they mean nothing.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";

/** The machine and the programs, as far as they matter. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryOctets: number;
  readonly kernel: string;
  readonly node: string;
  /** What the kernel grants a socket at most, octets; `null` where it does not say. */
  readonly receiveBufferOctetsMax: number | null;
  /** Over one minute. */
  readonly load: number;
}

/** As of now. */
export function thisMachine(): Machine {
  return {
    processor: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryOctets: totalmem(),
    kernel: release(),
    node: process.version,
    receiveBufferOctetsMax: readNumber("/proc/sys/net/core/rmem_max"),
    load: loadavg()[0] ?? 0,
  };
}

function readNumber(path: string): number | null {
  try {
    return Number(readFileSync(path, "utf8"));
  } catch {
    return null;
  }
}

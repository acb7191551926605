/**
 * CPU time of a process and of its engine thread, as Linux accounts for it.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { hrTimeToS, sToMs } from "../src/base/units.ts";

/** Name that the daemon gives to its engine thread. */
const ENGINE = "engine";

/** CPU time since the start. */
export interface CpuTimes {
  readonly processMs: number;
  /** `null` when no thread has the name. */
  readonly engineMs: number | null;
}

/** A thread: its name and its accounting, as in `/proc/<pid>/task/<id>/`. */
export interface ThreadFiles {
  readonly comm: string;
  readonly schedstat: string;
}

/** @throws when the process has ended */
export function cpuTimesOf(pid: number): CpuTimes {
  const folder = `/proc/${pid}/task`;
  return sumTimes(
    readdirSync(folder).flatMap((id): readonly ThreadFiles[] => {
      try {
        const read = (name: string): string => readFileSync(`${folder}/${id}/${name}`, "latin1");
        return [{ comm: read("comm"), schedstat: read("schedstat") }];
      } catch {
        // ENOENT: the thread has ended since.
        return [];
      }
    }),
  );
}

/** Adds the threads up. */
export function sumTimes(threads: readonly ThreadFiles[]): CpuTimes {
  let processMs = 0;
  let engineMs: number | null = null;
  for (const { comm, schedstat } of threads) {
    // The first of three numbers is the time on a processor, in nanoseconds.
    const spentMs = sToMs(hrTimeToS([0, Number.parseInt(schedstat, 10)]));
    processMs += spentMs;
    if (comm.trim() === ENGINE) engineMs = (engineMs ?? 0) + spentMs;
  }
  return { processMs, engineMs };
}

/**
 * Goes through the plan: each measurement on our server and on the peer in turn, as often as wanted.
 *
 * In turn (A B A B A B), because a machine that is busy for a minute should be busy for both. A measurement that fails
 * is said and left out; stopping ends the whole.
 *
 * @module
 */
import { loadavg } from "node:os";
import type { Bench, Measurement, Outcome, Sample, ServerName } from "./measurement.ts";

/** How to go through it. */
export interface SessionOptions {
  readonly runs: number;
  readonly isPeerHere: boolean;
  readonly stopping: AbortSignal;
  /** Told what is being done, and what went wrong. */
  readonly say: (text: string) => void;
}

/** Everything that was measured until the end, or until it was stopped. */
export async function runPlan(plan: readonly Measurement[], bench: Bench, options: SessionOptions) {
  const samples: Sample[] = [];
  for (const measurement of plan) {
    for (let run = 1; run <= options.runs; run++) {
      for (const server of ["sipulse", "kamailio"] as const) {
        const measure = server === "sipulse" ? measurement.own : measurement.peer;
        if (measure === null || (server === "kamailio" && !options.isPeerHere)) continue;
        if (options.stopping.aborted) return samples;
        options.say(`${measurement.name}: ${server}, run ${run} of ${options.runs}`);
        const sample = await takeSample(measure, bench, { measurement: measurement.name, server, run });
        if (options.stopping.aborted) return samples;
        for (const text of sample.failure === null ? sample.warnings : [sample.failure]) options.say(`  ! ${text}`);
        samples.push(sample);
      }
    }
  }
  return samples;
}

async function takeSample(
  measure: (bench: Bench) => Promise<Outcome>,
  bench: Bench,
  place: { readonly measurement: string; readonly server: ServerName; readonly run: number },
): Promise<Sample> {
  const loadBefore = loadavg()[0] ?? 0;
  try {
    return { ...place, ...(await measure(bench)), loadBefore, failure: null };
  } catch (error) {
    return { ...place, figures: {}, warnings: [], loadBefore, failure: String(error) };
  }
}

/**
 * Goes through the plan: each measurement on our server and on the peer in turn, as often as wanted.
 *
 * In turn (A B A B A B), because a machine that is busy for a minute should be busy for both. A measurement that fails
 * is said and left out; stopping ends the whole.
 *
 * @module
 */
import { loadavg } from "node:os";
import type { Clock } from "../src/base/clock.ts";
import type { LoadTools } from "./load-tools.ts";
import type { Measurement, Outcome, Sample, ServerName } from "./measurement.ts";

/** What there is to measure with. */
export interface Equipment {
  readonly clock: Clock;
  /** `null` without phones: then only what needs none is measured. */
  readonly tools: LoadTools | null;
}

/** How to go through it. */
export interface SessionOptions {
  readonly runs: number;
  readonly isPeerHere: boolean;
  readonly stopping: AbortSignal;
  /** Told what is being done, and what went wrong. */
  readonly say: (text: string) => void;
}

/** Everything that was measured until the end, or until it was stopped. */
export async function runPlan(plan: readonly Measurement[], equipment: Equipment, options: SessionOptions) {
  const samples: Sample[] = [];
  for (const measurement of plan) {
    for (let run = 1; run <= options.runs; run++) {
      for (const server of ["sipulse", "kamailio"] as const) {
        const measure = measureOf(measurement, server, equipment);
        if (measure === null || (server === "kamailio" && !options.isPeerHere)) continue;
        if (options.stopping.aborted) return samples;
        options.say(`${measurement.name}: ${server}, run ${run} of ${options.runs}`);
        const sample = await takeSample(measure, { measurement: measurement.name, server, run });
        if (options.stopping.aborted) return samples;
        for (const text of sample.failure === null ? sample.warnings : [sample.failure]) options.say(`  ! ${text}`);
        samples.push(sample);
      }
    }
  }
  return samples;
}

/** `null` when there is nothing to be done. */
function measureOf(
  measurement: Measurement,
  server: ServerName,
  { clock, tools }: Equipment,
): (() => Promise<Outcome>) | null {
  if (measurement.isAlone) return server === "sipulse" ? () => measurement.own({ clock }) : null;
  const measure = server === "sipulse" ? measurement.own : measurement.peer;
  return measure === null || tools === null ? null : () => measure({ clock, tools });
}

async function takeSample(
  measure: () => Promise<Outcome>,
  place: { readonly measurement: string; readonly server: ServerName; readonly run: number },
): Promise<Sample> {
  const loadBefore = loadavg()[0] ?? 0;
  try {
    return { ...place, ...(await measure()), loadBefore, failure: null };
  } catch (error) {
    return { ...place, figures: {}, warnings: [], loadBefore, failure: String(error) };
  }
}

/**
 * The thread that runs a population beside the daemon, so that the phones' clockwork does not disturb what they measure.
 *
 * Entry point of a worker thread; `thread.ts` is the side that starts it.
 *
 * @module
 */
import { parentPort, workerData } from "node:worker_threads";
import type { Log, LogFields, LogLevel } from "../base/log.ts";
import { openPopulation } from "./population.ts";
import type { PopulationSettings } from "./settings.ts";
import type { PopulationStats } from "./tally.ts";
import type { PhoneTruth } from "./truth.ts";

/** What the thread is asked; each is answered by a message of the same kind, in order. */
export type ToWorker = { readonly kind: "stats" } | { readonly kind: "truth" } | { readonly kind: "stop" };

/** What the thread says. */
export type FromWorker =
  | { readonly kind: "opened" }
  /** Nothing was opened; the thread ends. */
  | { readonly kind: "refused"; readonly error: unknown }
  | { readonly kind: "settled" }
  | { readonly kind: "stats"; readonly stats: PopulationStats }
  | { readonly kind: "truth"; readonly truth: readonly PhoneTruth[] }
  | { readonly kind: "log"; readonly level: LogLevel; readonly event: string; readonly fields: LogFields };

async function run(settings: PopulationSettings): Promise<void> {
  const say = (message: FromWorker): void => parentPort?.postMessage(message);
  const write =
    (level: LogLevel) =>
    (event: string, fields: LogFields = {}): void =>
      say({ kind: "log", level, event, fields });
  const log: Log = { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
  try {
    const population = await openPopulation({ ...settings, log });
    population.settled.then(() => say({ kind: "settled" }));
    parentPort?.on("message", async ({ kind }: ToWorker) => {
      if (kind === "stats") say({ kind, stats: population.stats() });
      else if (kind === "truth") say({ kind, truth: population.truth() });
      else await population.close().finally(() => parentPort?.close()); // The thread ends when nothing is open.
    });
    say({ kind: "opened" });
  } catch (error) {
    say({ kind: "refused", error });
  }
}

await run(workerData as PopulationSettings);

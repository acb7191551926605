/**
 * The life of something that runs until it is told to stop.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import type { Signals } from "./signals.ts";

/** What `serve` runs. */
export interface Running extends AsyncDisposable {
  /** Resolves when it has stopped by itself; rejects when it died. */
  readonly closed: Promise<void>;
  reload(): Promise<void>;
}

/**
 * Opens the daemon, keeps it until a signal arrives or it ends by itself, then closes it.
 *
 * A failed reload leaves everything as it was; it is reported and the daemon goes on.
 */
export async function serveUntilStopped(
  open: () => Promise<Running>,
  signals: Signals,
  err: (text: string) => void,
): Promise<void> {
  await using daemon = await open();
  let reloading: Promise<void> = Promise.resolve();
  signals.onReload(() => {
    // One after the other: two at a time could end with the older configuration.
    reloading = reloading.then(() => daemon.reload()).catch((error) => err(`reload failed: ${messageOf(error)}\n`));
  });
  await Promise.race([signals.stopped, daemon.closed]).finally(signals.ending);
  signals.onReload(() => {});
  await reloading;
}

/** What `simulate` runs. */
export interface RunningPopulation {
  stats(): unknown;
  close(): Promise<void>;
}

/** Opens the phones, keeps them until a signal arrives or the time is over, closes them and prints their numbers. */
export async function simulateUntilStopped(
  open: () => Promise<RunningPopulation>,
  signals: Signals,
  options: { readonly clock: Clock; readonly durationMs: number | null; readonly out: (text: string) => void },
): Promise<void> {
  const population = await open();
  const { promise: isOver, resolve } = Promise.withResolvers<void>();
  const cancel = options.durationMs === null ? () => {} : options.clock.after(options.durationMs, resolve);
  await Promise.race([signals.stopped, isOver]);
  cancel();
  signals.ending();
  const stats = population.stats(); // Before closing: afterwards every phone has left.
  await population.close();
  options.out(`${JSON.stringify(stats)}\n`);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * Does a number of things at an even pace.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import { msToS } from "../base/units.ts";

/** Fine enough that one step is a handful of messages, not a burst. */
const STEP_MS = 5;
/** After a stall at most this much of what was missed is made up in one step. */
const CATCH_UP_MS = 50;

/**
 * Calls `run(0)` to `run(count - 1)`, `ratePerS` of them per second.
 *
 * @param options.onDone called once, after the last one; not when cancelled
 * @returns cancels the rest
 */
export function pace(
  clock: Clock,
  options: { count: number; ratePerS: number; run: (nth: number) => void; onDone?: () => void },
): () => void {
  const { count, ratePerS, run, onDone } = options;
  const stepMax = Math.max(1, Math.ceil(msToS(CATCH_UP_MS) * ratePerS));
  let owed = 1; // The first one does not wait.
  let nth = 0;
  let lastMs = clock.monotonicMs();
  let isCancelled = false;
  let cancelStep = clock.after(0, step);
  function step(): void {
    const nowMs = clock.monotonicMs();
    owed = Math.min(owed + msToS(nowMs - lastMs) * ratePerS, stepMax);
    lastMs = nowMs;
    for (; owed >= 1 && nth < count && !isCancelled; owed--) run(nth++);
    if (isCancelled) return;
    if (nth < count) cancelStep = clock.after(STEP_MS, step);
    else onDone?.();
  }
  return () => {
    isCancelled = true;
    cancelStep();
  };
}

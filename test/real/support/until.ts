/**
 * Waiting for something that happens elsewhere: asked again and again until a deadline, never a blind pause.
 *
 * @module
 */
import { elapsed, systemClock } from "../../../src/base/clock.ts";

/** How long something may take on a busy machine; a test that waits for more says so. */
const PATIENCE_MS = 15_000;
/** Pause between two questions. */
const POLL_MS = 50;

/** How patient to be. */
export interface Patience {
  readonly withinMs?: number;
  readonly everyMs?: number;
}

/** What a question may answer while the thing has not happened. */
type NotYet = null | undefined | false;

/**
 * Asks until the answer is something, and returns it.
 *
 * @param what names the awaited thing in the message, e.g. `"50 contacts stored"`
 * @throws {Error} when it did not happen in time; `cause` is what the question last threw
 */
export async function until<T>(
  what: string,
  question: () => T | NotYet | Promise<T | NotYet>,
  { withinMs = PATIENCE_MS, everyMs = POLL_MS }: Patience = {},
): Promise<T> {
  const deadlineMs = systemClock.monotonicMs() + withinMs;
  let cause: unknown;
  for (;;) {
    try {
      const answer = await question();
      if (answer !== null && answer !== undefined && answer !== false) return answer;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (systemClock.monotonicMs() > deadlineMs) throw new Error(`no ${what} within ${withinMs} ms`, { cause });
    await elapsed(systemClock, everyMs);
  }
}

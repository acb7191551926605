/**
 * Two clocks, never mixed: one for durations, one for display.
 *
 * The only module that reads time or sets timers; everything else is handed a `Clock`.
 *
 * @module
 */

/** The time of the process, handed to whoever needs it. */
export interface Clock {
  /** Milliseconds since an arbitrary origin. Fractional, never decreases. */
  monotonicMs(): number;
  /** Milliseconds since the Unix epoch. May jump either way. */
  wallMs(): number;
  /** Calls `fn` once, `delayMs` from now. Calling the returned function cancels it. */
  after(delayMs: number, fn: () => void): () => void;
}

/** The clocks of the operating system. */
export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  after: (delayMs, fn) => {
    const timer = setTimeout(fn, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Calls `fn` every `periodMs` until the returned function is called; a late call delays the next ones. */
export function every(clock: Clock, periodMs: number, fn: () => void): () => void {
  let cancel = clock.after(periodMs, tick);
  function tick(): void {
    cancel = clock.after(periodMs, tick);
    fn();
  }
  return () => cancel();
}

/** Resolves `delayMs` from now. */
export function elapsed(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(delayMs, resolve);
  });
}

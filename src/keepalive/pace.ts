/**
 * Pacing: every contact has a place of its own in the interval, and what a stall has delayed is caught up slowly.
 *
 * Why: a burst of probes makes a burst of replies that the sender's own buffers cannot hold, and the time that a
 * reply waits behind the others looks like a slow phone. Two parts keep probes apart:
 *
 * 1. **Places.** Slot number times the golden ratio, fraction taken: whatever numbers are in use, their places lie
 *    nearly evenly over the interval, without anybody keeping a list of free places.
 * 2. **Allowance.** A token bucket, a quarter faster than the even rate and just deep enough that no 10 ms carry
 *    more than `even + 5 * sqrt(even) + 2` probes: ordinary chance fits, a backlog after a stall is spread out.
 *    The bound holds up to 50,000 probes a second, where the even rate alone begins to need all of it.
 *
 * @module
 */

/** Fraction of the golden ratio: the number whose multiples spread most evenly over 0..1. */
const GOLDEN_FRACTION = (Math.sqrt(5) - 1) / 2;

/** How much faster than the even rate a backlog may be worked off: at best, and however many contacts there are. */
const CATCH_UP_FACTOR = 1.25;
const CATCH_UP_FACTOR_MIN = 1.02;
/** The window for which the bound holds, in milliseconds. */
const WINDOW_MS = 10;
/** Standard deviations above the even share that a window may carry, and the probes it may carry in any case. */
const WINDOW_DEVIATIONS = 5;
const WINDOW_SPARE = 2;
/** Probes a window may carry for long, however few the contacts: 30 that happen to lie together must not wait. */
const WINDOW_REFILL_MIN = 1;
/** Share of a window's refill that the bucket must hold: a tick may come 2 ms after the one before. */
const TICK_SHARE = 0.2;

/** The place of a slot in the interval, 0 <= place < 1. */
export function placeOf(slot: number): number {
  const multiple = slot * GOLDEN_FRACTION;
  return multiple - Math.floor(multiple);
}

/** The first instant after `nowMs` that is `place` of the way through an interval. */
export function nextAtPlace(nowMs: number, place: number, intervalMs: number): number {
  const intervals = Math.floor(nowMs / intervalMs - place) + 1;
  const atMs = (intervals + place) * intervalMs;
  // At the place itself, rounding may hide that this interval's is not after now.
  return atMs > nowMs ? atMs : (intervals + 1 + place) * intervalMs;
}

/** How many probes may leave now. */
export class Allowance {
  #perMs = 0;
  #depth = WINDOW_SPARE;
  #tokens = WINDOW_SPARE;
  #filledAtMs: number;

  constructor(nowMs: number) {
    this.#filledAtMs = nowMs;
  }

  /** Sets the even rate: so many contacts once per interval. */
  setRate(contacts: number, intervalMs: number): void {
    const even = (contacts / intervalMs) * WINDOW_MS;
    const most = even + WINDOW_DEVIATIONS * Math.sqrt(even) + WINDOW_SPARE;
    const refill = Math.max(
      WINDOW_REFILL_MIN,
      even * CATCH_UP_FACTOR_MIN,
      Math.min(even * CATCH_UP_FACTOR, most / (1 + TICK_SHARE)),
    );
    this.#perMs = refill / WINDOW_MS;
    this.#depth = Math.max(most - refill, refill * TICK_SHARE);
  }

  /** Takes one probe's worth. @returns `false` when none is left at this instant */
  take(nowMs: number): boolean {
    this.#tokens = Math.min(this.#depth, this.#tokens + (nowMs - this.#filledAtMs) * this.#perMs);
    this.#filledAtMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}

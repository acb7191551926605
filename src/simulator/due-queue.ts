/**
 * What is to be done at a later moment, kept in one heap behind one timer.
 *
 * Ten thousand waiting answers cost ten thousand heap entries, not ten thousand timers. The resolution is that of the
 * timer, about 1 ms; what is due at once runs at once, without a timer.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";

interface Entry {
  readonly dueMs: number;
  /** Breaks ties: first in, first out. */
  readonly order: number;
  readonly run: () => void;
}

/** A timer that fires this much early is not set again: half the resolution. */
const EARLY_MS_MAX = 0.5;

/** Runs functions at their due times, at most `limit` of them waiting. */
export class DueQueue {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #heap: Entry[] = [];
  #order = 0;
  #armedForMs = Number.POSITIVE_INFINITY;
  #disarm: () => void = () => {};

  constructor(options: { clock: Clock; limit: number }) {
    this.#clock = options.clock;
    this.#limit = options.limit;
  }

  /** How many are waiting. */
  get size(): number {
    return this.#heap.length;
  }

  /**
   * Runs `run` at `dueMs` (monotonic), or now when that has passed.
   *
   * @returns `false` when the queue is full and `run` was not taken; the caller counts it
   */
  put(dueMs: number, run: () => void): boolean {
    if (dueMs <= this.#clock.monotonicMs()) {
      run();
      return true;
    }
    if (this.#heap.length >= this.#limit) return false;
    this.#siftUp({ dueMs, order: this.#order++, run });
    this.#arm();
    return true;
  }

  /** Forgets everything that waits. */
  clear(): void {
    this.#disarm();
    this.#armedForMs = Number.POSITIVE_INFINITY;
    this.#heap.length = 0;
  }

  #arm(): void {
    const first = this.#heap[0];
    if (first === undefined || first.dueMs >= this.#armedForMs) return;
    this.#disarm();
    this.#armedForMs = first.dueMs;
    this.#disarm = this.#clock.after(Math.max(0, first.dueMs - this.#clock.monotonicMs()), () => this.#runDue());
  }

  #runDue(): void {
    this.#armedForMs = Number.POSITIVE_INFINITY;
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (first.dueMs > this.#clock.monotonicMs() + EARLY_MS_MAX) break;
      this.#removeFirst();
      first.run();
    }
    this.#arm();
  }

  #siftUp(entry: Entry): void {
    const heap = this.#heap;
    let hole = heap.length;
    heap.push(entry);
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (!isBefore(entry, heap[parent] as Entry)) break;
      heap[hole] = heap[parent] as Entry;
      hole = parent;
    }
    heap[hole] = entry;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let hole = 0;
    for (let child = 1; child < heap.length; child = 2 * hole + 1) {
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Entry, heap[child] as Entry)) child += 1;
      if (!isBefore(heap[child] as Entry, last)) break;
      heap[hole] = heap[child] as Entry;
      hole = child;
    }
    heap[hole] = last;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
}

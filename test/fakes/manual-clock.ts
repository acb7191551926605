/**
 * A clock that moves only when a test says so.
 *
 * @module
 */
import type { Clock } from "../../src/base/clock.ts";

interface Timer {
  readonly dueMs: number;
  readonly order: number;
  readonly fn: () => void;
}

/** Runs due timers in the order of their due times; ties in the order they were set. */
export class ManualClock implements Clock {
  #nowMs: number;
  #wallOffsetMs: number;
  #order = 0;
  readonly #timers = new Set<Timer>();

  constructor(options: { startMs?: number; wallMs?: number } = {}) {
    this.#nowMs = options.startMs ?? 1_000;
    this.#wallOffsetMs = (options.wallMs ?? 1_800_000_000_000) - this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#nowMs + this.#wallOffsetMs;
  }

  after(delayMs: number, fn: () => void): () => void {
    const timer = { dueMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, fn };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Timers that are waiting. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Steps the wall clock alone, as NTP or an operator would. */
  stepWall(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  /** Moves both clocks forward, running every timer that falls due on the way at its own time. */
  advance(byMs: number): void {
    const endMs = this.#nowMs + byMs;
    for (let next = this.#next(endMs); next !== null; next = this.#next(endMs)) {
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.fn();
    }
    this.#nowMs = endMs;
  }

  /** Moves both clocks without running anything: the event loop was blocked. */
  stall(byMs: number): void {
    this.#nowMs += byMs;
  }

  #next(endMs: number): Timer | null {
    let first: Timer | null = null;
    for (const timer of this.#timers) {
      if (timer.dueMs > endMs) continue;
      if (first === null || timer.dueMs < first.dueMs || (timer.dueMs === first.dueMs && timer.order < first.order))
        first = timer;
    }
    return first;
  }
}

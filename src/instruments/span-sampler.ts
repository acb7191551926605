/**
 * Which requests are worth a span, decided when their end is known and before anything is made for them.
 *
 *      every failure, every state change --+
 *      slower than `slowMs`, or the slowest --> budget of the second --> span | counted as capped
 *      of its second                     --+          ^
 *      a ratio of the rest ---------------------------+ (half of the budget at most)
 *
 * The tail is kept and the bulk is drawn from, because nobody asks for the trace of an answer that came as always.
 *
 * @module
 */
import { fraction, type Random } from "../base/random.ts";
import { sToMs } from "../base/units.ts";

/** How much is traced. */
export interface SpanPolicy {
  /** 0..1; share of the requests that are neither bad nor slow. */
  readonly sampleRatio: number;
  /** Requests that took as long or longer are always wanted. */
  readonly slowMs: number;
  /** Spans in one second, of every kind together; more are wanted than that: they are counted and dropped. */
  readonly perSecondMax: number;
}

/** Why a request was traced; a closed set. */
export const SAMPLE_REASONS = ["failure", "state_change", "slow", "slowest", "ratio"] as const;
export type SampleReason = (typeof SAMPLE_REASONS)[number];

/** Length of the window that budgets and the slowest request belong to. */
const WINDOW_MS = sToMs(1);
/** Share of the budget that may go to requests drawn at random or made in bulk: the rest is kept for what is wrong. */
const ROUTINE_SHARE = 0.5;

/**
 * Finds the slowest of each second without waiting for its end: a request is one when nothing in this second or in the
 * one before was slower. At a steady rate that is 0.7 requests a second, however many there are.
 */
class Slowest {
  #startMs = Number.NEGATIVE_INFINITY;
  #nowMaxMs = 0;
  #lastMaxMs = 0;

  isSlowest(nowMs: number, durationMs: number): boolean {
    if (nowMs - this.#startMs >= WINDOW_MS) {
      this.#lastMaxMs = nowMs - this.#startMs < 2 * WINDOW_MS ? this.#nowMaxMs : 0;
      this.#nowMaxMs = 0;
      this.#startMs = nowMs;
    }
    if (durationMs <= this.#nowMaxMs) return false;
    this.#nowMaxMs = durationMs;
    return durationMs > this.#lastMaxMs;
  }
}

/** The sampling decision; allocates nothing. */
export class SpanSampler {
  readonly #random: Random;
  readonly #policy: SpanPolicy;
  readonly #slowest = { probe: new Slowest(), register: new Slowest() };
  #startMs = Number.NEGATIVE_INFINITY;
  #admitted = 0;
  #capped = 0;

  constructor(parts: { readonly random: Random; readonly policy: SpanPolicy }) {
    this.#random = parts.random;
    this.#policy = parts.policy;
  }

  /** Why a request that went well is wanted; `null` when it is not. To be asked once for each. */
  interest(kind: "probe" | "register", nowMs: number, durationMs: number): SampleReason | null {
    const isSlowest = this.#slowest[kind].isSlowest(nowMs, durationMs);
    if (durationMs >= this.#policy.slowMs) return "slow";
    if (isSlowest) return "slowest";
    return this.#isDrawn() ? "ratio" : null;
  }

  /**
   * Whether this second has room for one more span; counted when it has not.
   *
   * @param isRoutine whether it may use only its share: it was drawn, or comes in bulk when all phones register
   */
  admit(nowMs: number, isRoutine: boolean): boolean {
    if (nowMs - this.#startMs >= WINDOW_MS) {
      this.#startMs = nowMs;
      this.#admitted = 0;
    }
    const { perSecondMax } = this.#policy;
    if (this.#admitted < (isRoutine ? Math.ceil(perSecondMax * ROUTINE_SHARE) : perSecondMax)) {
      this.#admitted += 1;
      return true;
    }
    this.#capped += 1;
    return false;
  }

  /** Takes back one count of `admit`: the same request is asked for again, for a better reason. */
  forgive(): void {
    this.#capped -= 1;
  }

  /** Spans that found no room since the last call. */
  takeCapped(): number {
    const capped = this.#capped;
    this.#capped = 0;
    return capped;
  }

  #isDrawn(): boolean {
    const { sampleRatio } = this.#policy;
    return sampleRatio > 0 && fraction(this.#random) < sampleRatio;
  }
}

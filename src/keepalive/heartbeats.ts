/**
 * What is known of each contact's heartbeat: 70 octets of numbers per slot, and the rules that update them.
 *
 * @module
 */
import { CONTACT_STATES, type ContactState } from "../location/contact-view.ts";

/** What became of the last probe, and of the one before it. */
export const PROBE_NONE = 0;
export const PROBE_PENDING = 1;
export const PROBE_ANSWERED = 2;
export const PROBE_LOST = 3;

/** RFC 6298 §2: the smoothed round trip moves by an eighth of the difference. */
const SMOOTHING_GAIN = 1 / 8;
/** RFC 3550 §6.4.1: the jitter estimate moves by a sixteenth. */
const JITTER_GAIN = 1 / 16;
/** Outcomes remembered for the loss ratio: the bits of one word. */
const OUTCOMES = 32;
/** Misses in a row are not counted further. */
const MISSES_MAX = 65_535;

/** Numbers per slot, read freely, written only here. */
export class Heartbeats {
  /** Index into `CONTACT_STATES`. */
  readonly state: Uint8Array;
  readonly missesInARow: Uint16Array;
  /** When the last probe left and was answered, monotonic; 0 = never. */
  readonly sentAtMs: Float64Array;
  readonly answeredAtMs: Float64Array;
  /** Milliseconds; meaningless before the first answer. */
  readonly roundTripMs: Float32Array;
  readonly smoothedMs: Float32Array;
  readonly jitterMs: Float32Array;
  /** Tokens of the last probe and of the one before it, and what became of each. */
  readonly tokenHigh: Uint32Array;
  readonly tokenLow: Uint32Array;
  readonly tokenState: Uint8Array;
  readonly olderHigh: Uint32Array;
  readonly olderLow: Uint32Array;
  readonly olderState: Uint8Array;
  /** Last outcomes, the newest in bit 0; 1 = lost. */
  readonly #outcomes: Uint32Array;
  readonly #outcomeCount: Uint8Array;

  constructor(capacity: number) {
    this.state = new Uint8Array(capacity);
    this.missesInARow = new Uint16Array(capacity);
    this.sentAtMs = new Float64Array(capacity);
    this.answeredAtMs = new Float64Array(capacity);
    this.roundTripMs = new Float32Array(capacity);
    this.smoothedMs = new Float32Array(capacity);
    this.jitterMs = new Float32Array(capacity);
    this.tokenHigh = new Uint32Array(capacity);
    this.tokenLow = new Uint32Array(capacity);
    this.tokenState = new Uint8Array(capacity);
    this.olderHigh = new Uint32Array(capacity);
    this.olderLow = new Uint32Array(capacity);
    this.olderState = new Uint8Array(capacity);
    this.#outcomes = new Uint32Array(capacity);
    this.#outcomeCount = new Uint8Array(capacity);
  }

  /** Back to "nothing is known": a new contact in this slot, or none. */
  reset(slot: number): void {
    this.state[slot] = 0;
    this.missesInARow[slot] = 0;
    this.sentAtMs[slot] = 0;
    this.answeredAtMs[slot] = 0;
    this.tokenState[slot] = PROBE_NONE;
    this.olderState[slot] = PROBE_NONE;
    this.#outcomes[slot] = 0;
    this.#outcomeCount[slot] = 0;
  }

  stateOf(slot: number): ContactState {
    return CONTACT_STATES[this.state[slot] as number] as ContactState;
  }

  setState(slot: number, state: ContactState): void {
    this.state[slot] = CONTACT_STATES.indexOf(state);
  }

  isPending(slot: number): boolean {
    return this.tokenState[slot] === PROBE_PENDING;
  }

  /** Remembers the token of a probe that leaves now; the last one becomes the older one. */
  sent(slot: number, high: number, low: number, nowMs: number): void {
    this.olderHigh[slot] = this.tokenHigh[slot] as number;
    this.olderLow[slot] = this.tokenLow[slot] as number;
    this.olderState[slot] = this.tokenState[slot] as number;
    this.tokenHigh[slot] = high;
    this.tokenLow[slot] = low;
    this.tokenState[slot] = PROBE_PENDING;
    this.sentAtMs[slot] = nowMs;
  }

  answered(slot: number, roundTripMs: number, nowMs: number): void {
    const isFirst = this.answeredAtMs[slot] === 0;
    const lastMs = this.roundTripMs[slot] as number;
    const smoothedMs = this.smoothedMs[slot] as number;
    const jitterMs = this.jitterMs[slot] as number;
    this.smoothedMs[slot] = isFirst ? roundTripMs : smoothedMs + (roundTripMs - smoothedMs) * SMOOTHING_GAIN;
    this.jitterMs[slot] = isFirst ? Number.NaN : nextJitter(jitterMs, Math.abs(roundTripMs - lastMs));
    this.roundTripMs[slot] = roundTripMs;
    this.answeredAtMs[slot] = nowMs;
    this.missesInARow[slot] = 0;
    this.tokenState[slot] = PROBE_ANSWERED;
    this.#remember(slot, 0);
  }

  lost(slot: number): void {
    this.missesInARow[slot] = Math.min(MISSES_MAX, (this.missesInARow[slot] as number) + 1);
    this.tokenState[slot] = PROBE_LOST;
    this.#remember(slot, 1);
  }

  /** A probe that had been given up was answered after all: the next answer to it is a duplicate. */
  answeredLate(slot: number, isCurrent: boolean): void {
    const states = isCurrent ? this.tokenState : this.olderState;
    states[slot] = PROBE_ANSWERED;
  }

  /** A probe that was withdrawn says nothing about the phone. */
  cancelled(slot: number): void {
    this.tokenState[slot] = PROBE_LOST;
  }

  roundTrip(slot: number): number | null {
    return this.answeredAtMs[slot] === 0 ? null : (this.roundTripMs[slot] as number);
  }

  smoothed(slot: number): number | null {
    return this.answeredAtMs[slot] === 0 ? null : (this.smoothedMs[slot] as number);
  }

  /** `null` until two probes were answered. */
  jitter(slot: number): number | null {
    const jitterMs = this.jitterMs[slot] as number;
    return this.answeredAtMs[slot] === 0 || Number.isNaN(jitterMs) ? null : jitterMs;
  }

  /** Share of the last 32 finished probes that were lost; `null` before the first one ended. */
  lossRatio(slot: number): number | null {
    const count = this.#outcomeCount[slot] as number;
    return count === 0 ? null : countOnes(this.#outcomes[slot] as number) / count;
  }

  #remember(slot: number, outcome: 0 | 1): void {
    this.#outcomes[slot] = ((this.#outcomes[slot] as number) << 1) | outcome;
    this.#outcomeCount[slot] = Math.min(OUTCOMES, (this.#outcomeCount[slot] as number) + 1);
  }
}

/** RFC 3550 §6.4.1; the first difference starts the estimate. */
function nextJitter(jitterMs: number, differenceMs: number): number {
  return Number.isNaN(jitterMs) ? differenceMs * JITTER_GAIN : jitterMs + (differenceMs - jitterMs) * JITTER_GAIN;
}

function countOnes(word: number): number {
  let ones = 0;
  for (let rest = word >>> 0; rest !== 0; rest &= rest - 1) ones += 1;
  return ones;
}

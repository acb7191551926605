/**
 * What really happened: how long each phone held a probe before it answered, beside which the registrar's round trips
 * are judged.
 *
 * @module
 */

/** One answer that left. */
export interface TrueDelay {
  /** From reading the probe to handing the answer to the socket. */
  readonly delayMs: number;
  /** When the answer left. */
  readonly answeredWallMs: number;
}

/** The latest answers of one phone, oldest first. */
export interface PhoneTruth {
  readonly user: string;
  readonly delays: readonly TrueDelay[];
}

/** Answers kept per phone; 128 octets of memory each phone. */
const DELAYS_PER_PHONE = 8;

/** A ring of the latest answers for every phone, in two typed arrays. */
export class TruthRings {
  readonly #delayMs: Float64Array;
  readonly #answeredWallMs: Float64Array;
  readonly #counts: Uint32Array;

  constructor(phones: number) {
    this.#delayMs = new Float64Array(phones * DELAYS_PER_PHONE);
    this.#answeredWallMs = new Float64Array(phones * DELAYS_PER_PHONE);
    this.#counts = new Uint32Array(phones);
  }

  record(phone: number, delayMs: number, answeredWallMs: number): void {
    const count = this.#counts[phone] as number;
    const slot = phone * DELAYS_PER_PHONE + (count % DELAYS_PER_PHONE);
    this.#delayMs[slot] = delayMs;
    this.#answeredWallMs[slot] = answeredWallMs;
    this.#counts[phone] = count + 1;
  }

  /** Oldest first; empty when the phone never answered. */
  of(phone: number): readonly TrueDelay[] {
    const count = this.#counts[phone] as number;
    const delays: TrueDelay[] = [];
    for (let nth = Math.max(0, count - DELAYS_PER_PHONE); nth < count; nth++) {
      const slot = phone * DELAYS_PER_PHONE + (nth % DELAYS_PER_PHONE);
      delays.push({
        delayMs: this.#delayMs[slot] as number,
        answeredWallMs: this.#answeredWallMs[slot] as number,
      });
    }
    return delays;
  }
}

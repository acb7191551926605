/**
 * The client side of one REGISTER: sends, repeats on UDP, gives up (RFC 3261 §17.1.2, non-INVITE client transaction).
 *
 * Knows nothing about the message: what is sent and what an answer means is the phone's business.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";

/** T1, the estimate of a round trip: the first repetition waits this long (RFC 3261 §17.1.1.1). */
export const T1_MS = 500;
/** T2, the longest wait between two repetitions (RFC 3261 §17.1.2.1). */
export const T2_MS = 4_000;
/** Timer F, 64 x T1: without a final answer the transaction ends here (RFC 3261 §17.1.2.2). */
export const TIMER_F_MS = 64 * T1_MS;

/** One REGISTER on its way. */
export class RegisterTransaction {
  readonly #clock: Clock;
  readonly #send: (isRepetition: boolean) => void;
  readonly #cancelTimerF: () => void;
  #cancelTimerE: () => void = () => {};
  #waitMs = T1_MS;

  /**
   * Sends at once.
   *
   * @param options.isReliable a stream: nothing is repeated
   * @param options.onTimeout called once, when Timer F fires; not after `end`
   */
  constructor(options: {
    clock: Clock;
    isReliable: boolean;
    send: (isRepetition: boolean) => void;
    onTimeout: () => void;
  }) {
    this.#clock = options.clock;
    this.#send = options.send;
    this.#cancelTimerF = this.#clock.after(TIMER_F_MS, () => {
      this.end();
      options.onTimeout();
    });
    this.#send(false);
    if (!options.isReliable) this.#armTimerE();
  }

  /** A 1xx came: from now on repetitions are T2 apart (RFC 3261 §17.1.2.2). */
  proceed(): void {
    this.#waitMs = T2_MS;
  }

  /** Stops every timer; safe to call twice. */
  end(): void {
    this.#cancelTimerE();
    this.#cancelTimerF();
  }

  #armTimerE(): void {
    this.#cancelTimerE = this.#clock.after(this.#waitMs, () => {
      this.#waitMs = Math.min(2 * this.#waitMs, T2_MS);
      this.#armTimerE();
      this.#send(true);
    });
  }
}

/**
 * The registration of one phone: asks, refreshes in time, waits and asks again when refused.
 *
 *      waiting --begin--> registering --200--> registered --80..90 % of the lifetime--> (asks again)
 *         ^                   |  ^                 |
 *         |          refused, |  | backoff or      +--goOffline--> offline --begin--> registering
 *     line lost      timeout  v  | Retry-After     +--stop--> stopped
 *                           failed
 *
 * Same Call-ID and counting CSeq until a reboot (RFC 3261 §10.2). No credentials: a challenge is a refusal.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import { fraction, type Random, randomHex } from "../base/random.ts";
import { sToMs } from "../base/units.ts";
import type { SipResponse } from "../sip/syntax/message.ts";
import { branchOf, type Line } from "./line.ts";
import {
  contactUri,
  instanceUrn,
  judgeRegisterReply,
  type PhoneIdentity,
  printRegister,
  statusText,
} from "./messages.ts";
import { RegisterTransaction } from "./register-transaction.ts";
import type { PhoneState, Tally } from "./tally.ts";

/** A lifetime beyond this is refreshed daily: timers of the platform end at 24.8 days. */
const LIFETIME_S_MAX = 86_400;
/** First wait after a failure; doubled each time (RFC 5626 §4.5 starts at 30 s, too long to watch). */
const BACKOFF_MS_MIN = 2_000;
const BACKOFF_MS_MAX = 60_000;
/** A registrar that asks for more patience than this is asked anyway. */
const RETRY_AFTER_S_MAX = 3_600;

/** What a registration needs from the phone and the population around it. */
export interface RegistrationOptions {
  readonly phone: number;
  readonly user: string;
  readonly domain: string;
  readonly userAgent: string;
  readonly line: Line;
  readonly clock: Clock;
  /** Identifiers and the spread of refreshes and retries. */
  readonly random: Random;
  readonly tally: Tally;
  /** Lifetime to ask for, in seconds. */
  readonly expiresS: number;
  /** REGISTER datagrams lost on purpose, 0..1. */
  readonly lossRatio: number;
  readonly onState: (state: PhoneState) => void;
  /** @param why a status line, or in words what happened instead of one */
  readonly onFailed: (why: string) => void;
}

/** A REGISTER in progress. */
interface Pending {
  readonly branch: string;
  readonly contact: string;
  /** 0 when it removes the binding. */
  readonly expiresS: number;
  readonly transaction: RegisterTransaction;
}

/** The registration of one phone, from its first REGISTER to its last. */
export class Registration {
  readonly #options: RegistrationOptions;
  #identity: PhoneIdentity;
  #state: PhoneState = "waiting";
  #cseq = 0;
  #expiresS: number;
  #isBegun = false;
  /** Whether the registrar may hold a binding of ours. */
  #isBound = false;
  #failuresInARow = 0;
  #pending: Pending | null = null;
  #cancelWake: () => void = () => {};

  constructor(options: RegistrationOptions) {
    this.#options = options;
    this.#expiresS = options.expiresS;
    const { user, domain, userAgent, random } = options;
    const instance = instanceUrn(random);
    this.#identity = { user, domain, userAgent, instance, callId: randomHex(random, 3), tag: randomHex(random, 2) };
    options.tally.moved(null, this.#state);
  }

  get state(): PhoneState {
    return this.#state;
  }

  get tag(): string {
    return this.#identity.tag;
  }

  /** Whether a REGISTER waits for its answer. */
  get isAsking(): boolean {
    return this.#pending !== null;
  }

  /** Registers now, or as soon as there is a line. */
  begin(): void {
    this.#isBegun = true;
    this.#register();
  }

  lineUp(): void {
    if (this.#isBegun && this.#state === "waiting") this.#register();
  }

  /** @param why for the log */
  lineDown(why: string): void {
    this.#rest();
    if (this.#state === "offline" || this.#state === "stopped") return;
    this.#become("waiting");
    if (this.#isBegun) this.#options.onFailed(why);
  }

  /**
   * Leaves for a while; `begin` brings it back.
   *
   * @param isGraceful with a REGISTER that removes the binding; else without a word, and back with a new Call-ID
   */
  goOffline(isGraceful: boolean): void {
    this.#leave("offline", isGraceful);
    if (isGraceful) return;
    const { random } = this.#options;
    this.#identity = { ...this.#identity, callId: randomHex(random, 3), tag: randomHex(random, 2) };
    this.#cseq = 0;
  }

  /** Removes the binding, best effort: `isAsking` tells whether the registrar's answer is still awaited. */
  stop(): void {
    this.#leave("stopped", true);
  }

  /** Ends at once, without a word. */
  halt(): void {
    this.#leave("stopped", false);
  }

  /** @param branch of the response's top Via */
  onResponse(branch: string, response: SipResponse): void {
    const pending = this.#pending;
    if (pending === null || pending.branch !== branch) {
      this.#options.tally.unmatchedResponses += 1;
      return;
    }
    if (response.status < 200) {
      pending.transaction.proceed();
      return;
    }
    this.#rest();
    if (pending.expiresS > 0) this.#judge(response, pending);
    else this.#isBound = false;
  }

  #judge(response: SipResponse, pending: Pending): void {
    const verdict = judgeRegisterReply(response, pending);
    if (verdict.kind === "bound") {
      this.#bound(verdict.expiresS);
      return;
    }
    this.#options.tally.registersRefused += 1;
    if (verdict.kind === "too-brief") {
      this.#expiresS = verdict.minExpiresS;
      this.#register();
      return;
    }
    const { retryAfterS } = verdict;
    this.#failed(statusText(response), retryAfterS === null ? null : sToMs(Math.min(retryAfterS, RETRY_AFTER_S_MAX)));
  }

  #bound(expiresS: number): void {
    this.#failuresInARow = 0;
    this.#isBound = true;
    const share = 0.8 + 0.1 * fraction(this.#options.random);
    this.#wakeAfter(sToMs(share * Math.min(expiresS, LIFETIME_S_MAX)), () => this.#register());
    this.#become("registered");
  }

  #failed(why: string, retryAfterMs: number | null): void {
    const backoffMs = Math.min(BACKOFF_MS_MIN * 2 ** Math.min(this.#failuresInARow, 10), BACKOFF_MS_MAX);
    this.#failuresInARow += 1;
    // Spread, so that phones refused together do not return together (RFC 5626 §4.5).
    const spread = fraction(this.#options.random);
    const waitMs = retryAfterMs === null ? backoffMs * (0.5 + 0.5 * spread) : retryAfterMs * (1 + 0.1 * spread);
    this.#wakeAfter(waitMs, () => this.#register());
    this.#become("failed");
    this.#options.onFailed(why);
  }

  #leave(state: "offline" | "stopped", isGraceful: boolean): void {
    const mayBeBound = this.#isBound || this.#pending !== null;
    this.#rest();
    this.#isBegun = false;
    this.#become(state);
    if (isGraceful && mayBeBound && this.#options.line.local !== null) this.#ask(this.#options.line.local, 0);
  }

  /** A refresh does not change the state: the binding is still there. */
  #register(): void {
    const { local } = this.#options.line;
    if (local === null) {
      this.#become("waiting");
      return;
    }
    if (this.#state !== "registered") this.#become("registering");
    this.#ask(local, this.#expiresS);
  }

  #ask(local: string, expiresS: number): void {
    this.#rest();
    const { phone, user, line, clock, random, tally } = this.#options;
    const branch = branchOf(phone, random);
    this.#cseq += 1;
    const octets = printRegister(
      this.#identity,
      { transport: line.transport, local },
      { cseq: this.#cseq, branch, expiresS },
    );
    tally.registersSent += 1;
    const transaction = new RegisterTransaction({
      clock,
      isReliable: line.transport === "tcp",
      send: (isRepetition) => this.#transmit(octets, isRepetition),
      onTimeout: () => this.#timedOut(),
    });
    this.#pending = {
      branch,
      contact: contactUri(user, { transport: line.transport, local }),
      expiresS,
      transaction,
    };
  }

  #transmit(octets: Buffer, isRepetition: boolean): void {
    const { line, lossRatio, random, tally } = this.#options;
    if (isRepetition) tally.registersRetransmitted += 1;
    if (line.transport === "udp" && fraction(random) < lossRatio) tally.registersLost += 1;
    else if (!line.send(octets)) tally.sendFailures += 1;
  }

  #timedOut(): void {
    const wasLeaving = this.#pending?.expiresS === 0;
    this.#rest();
    if (wasLeaving) return;
    this.#options.tally.registersTimedOut += 1;
    this.#failed("no answer", null);
  }

  /** Ends what is under way: the transaction and the timer. */
  #rest(): void {
    this.#cancelWake();
    this.#pending?.transaction.end();
    this.#pending = null;
  }

  #wakeAfter(delayMs: number, wake: () => void): void {
    this.#cancelWake();
    this.#cancelWake = this.#options.clock.after(delayMs, wake);
  }

  #become(state: PhoneState): void {
    if (state === this.#state) return;
    this.#options.tally.moved(this.#state, state);
    this.#state = state;
    this.#options.onState(state);
  }
}

/**
 * One simulated phone: keeps itself registered, answers as its profile says, comes and goes.
 *
 * Does no I/O: octets leave through its `Line`, time comes from a `Clock`, chance from `Random`. The answer plans are a
 * stream of their own, drawn once per probe, so that a seed fixes what happens to the nth probe of a phone.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import { fraction, type Random, seededRandom } from "../base/random.ts";
import type { SipRequest, SipResponse } from "../sip/syntax/message.ts";
import type { DueQueue } from "./due-queue.ts";
import { type Line, type Source, userOf } from "./line.ts";
import { printAnswer } from "./messages.ts";
import { type AnswerPlan, type PhoneProfile, planAnswer } from "./profiles.ts";
import { Registration } from "./registration.ts";
import type { PhoneState, Tally } from "./tally.ts";

/** What a phone needs from the population around it. */
export interface PhoneOptions {
  readonly index: number;
  readonly profile: PhoneProfile;
  readonly domain: string;
  /** Lifetime to ask for, in seconds. */
  readonly expiresS: number;
  readonly line: Line;
  readonly clock: Clock;
  /** Identifiers, churn, and the spread of refreshes and retries. */
  readonly random: Random;
  /** Answers wait here for their time. */
  readonly queue: DueQueue;
  readonly tally: Tally;
  /** An answer left (copies not included), `delayMs` after its probe was read. */
  readonly onAnswered: (delayMs: number) => void;
  /** @param why a status line, or in words what happened instead of one */
  readonly onRegisterFailed: (why: string) => void;
  readonly onState: (state: PhoneState) => void;
}

/** How a request came. */
export interface RequestArrival {
  /** The remote end of the flow, as the socket saw it. */
  readonly source: Source;
  /** Where the answer goes. */
  readonly to: Source;
  /** Monotonic, when the request was read. */
  readonly arrivedMs: number;
}

/** An answer on its way out. */
interface Answer {
  readonly octets: Buffer;
  readonly to: Source;
  readonly arrivedMs: number;
  readonly plan: AnswerPlan;
}

/** A phone from its first REGISTER to its last word. */
export class Phone {
  readonly #options: PhoneOptions;
  readonly #registration: Registration;
  readonly #plans: Random;
  #cancelChurn: () => void = () => {};

  constructor(options: PhoneOptions) {
    this.#options = options;
    this.#plans = seededRandom(options.profile.answerSeed);
    const { index, profile, domain, expiresS, line, clock, random, tally } = options;
    this.#registration = new Registration({
      phone: index,
      user: userOf(index),
      domain,
      userAgent: profile.userAgent,
      line,
      clock,
      random,
      tally,
      expiresS,
      lossRatio: profile.group.registerLossRatio,
      onState: (state) => this.#onState(state),
      onFailed: options.onRegisterFailed,
    });
  }

  get line(): Line {
    return this.#options.line;
  }

  get state(): PhoneState {
    return this.#registration.state;
  }

  /** Whether a REGISTER waits for its answer. */
  get isAsking(): boolean {
    return this.#registration.isAsking;
  }

  /** Registers now, or as soon as there is a line. */
  start(): void {
    this.#registration.begin();
  }

  lineUp(): void {
    this.#registration.lineUp();
  }

  /** @param why for the log */
  lineDown(why: string): void {
    this.#registration.lineDown(why);
  }

  /** Unregisters, best effort, and answers no more. */
  stop(): void {
    this.#cancelChurn();
    this.#registration.stop();
  }

  /** Ends at once, without a word. */
  halt(): void {
    this.#cancelChurn();
    this.#registration.halt();
  }

  /** @param branch of the response's top Via */
  onResponse(branch: string, response: SipResponse): void {
    this.#registration.onResponse(branch, response);
  }

  /** Answers a request to this phone, later or never. */
  onRequest(request: SipRequest, arrival: RequestArrival): void {
    if (request.method === "ACK") return; // Never answered (RFC 3261 §17.1.1.3).
    const { profile, tally, queue } = this.#options;
    tally.probesSeen += 1;
    const plan = planAnswer(profile, this.#plans);
    if (profile.isDead || this.state === "offline" || this.state === "stopped") {
      tally.probesIgnored += 1;
    } else if (plan.isLost) {
      tally.answersLost += 1;
    } else {
      const { source, to, arrivedMs } = arrival;
      const { userAgent, group } = profile;
      const octets = printAnswer(request, { status: group.status, tag: this.#registration.tag, source, userAgent });
      const answer = { octets, to, arrivedMs, plan };
      if (!queue.put(arrivedMs + plan.delayMs, () => this.#answer(answer))) tally.dropped += 1;
    }
  }

  #answer(answer: Answer): void {
    const { line, clock, tally, queue, onAnswered } = this.#options;
    const nowMs = clock.monotonicMs();
    if (!line.answer(answer.octets, answer.to)) {
      tally.dropped += 1;
      return;
    }
    tally.answersSent += 1;
    if (answer.plan.isLate) tally.lateAnswersSent += 1;
    onAnswered(nowMs - answer.arrivedMs);
    const { duplicateAfterMs } = answer.plan;
    if (duplicateAfterMs === null) return;
    if (!queue.put(nowMs + duplicateAfterMs, () => this.#repeat(answer))) tally.dropped += 1;
  }

  #repeat(answer: Answer): void {
    const { line, tally } = this.#options;
    if (line.answer(answer.octets, answer.to)) tally.duplicatesSent += 1;
    else tally.dropped += 1;
  }

  #onState(state: PhoneState): void {
    if (state === "registered") this.#armChurn();
    this.#options.onState(state);
  }

  /** Sooner or later a phone with churn leaves, and some time after that it is back. */
  #armChurn(): void {
    const { profile, clock, random } = this.#options;
    const { churn } = profile.group;
    if (churn === null) return;
    this.#cancelChurn();
    this.#cancelChurn = clock.after(exponentialMs(churn.onlineMeanMs, random), () => {
      this.#registration.goOffline(fraction(random) < churn.gracefulRatio);
      this.#cancelChurn = clock.after(exponentialMs(churn.offlineMeanMs, random), () => this.#registration.begin());
    });
  }
}

/** Times between events that happen by chance; never beyond ten means, so that a timer can hold them. */
function exponentialMs(meanMs: number, random: Random): number {
  return Math.min(10 * meanMs, -Math.log(1 - fraction(random)) * meanMs);
}

/**
 * What a population counts.
 *
 * @module
 */

/** What a phone is doing, as far as its registration goes. */
export const PHONE_STATES = ["waiting", "registering", "registered", "failed", "offline", "stopped"] as const;
export type PhoneState = (typeof PHONE_STATES)[number];

/** Counters since the start, all of them counting up. */
export interface PopulationCounters {
  /** REGISTER requests, retransmissions not included. */
  registersSent: number;
  registersRetransmitted: number;
  /** Final answers that were not a success. */
  registersRefused: number;
  /** No final answer within 32 s (RFC 3261 §17.1.2, Timer F). */
  registersTimedOut: number;
  /** REGISTER datagrams that the profile lost on purpose. */
  registersLost: number;
  /** Requests to a phone of this population, ACK not included. */
  probesSeen: number;
  /** Copies not included. */
  answersSent: number;
  /** Of `answersSent`: those that were late on purpose. */
  lateAnswersSent: number;
  duplicatesSent: number;
  /** Probes left unanswered because the profile lost them. */
  answersLost: number;
  /** Probes left unanswered by dead, offline and stopped phones. */
  probesIgnored: number;
  /** Answers that were due but did not leave: the queue was full, or the connection was gone. */
  dropped: number;
  /** Responses that belong to no REGISTER in progress: late, repeated or foreign. */
  unmatchedResponses: number;
  /** Requests for a user that does not exist here, or not on that socket. */
  strayRequests: number;
  /** Messages that could not be read. */
  malformed: number;
  sendFailures: number;
  connectionsLost: number;
  /** Connections that could not be opened. */
  connectionsRefused: number;
}

/** The population at one moment: phones by state, and the counters. */
export interface PopulationStats extends Readonly<PopulationCounters>, Readonly<Record<PhoneState, number>> {
  readonly phones: number;
  /** Answers that wait for their time. */
  readonly answersWaiting: number;
}

/** Counters and states of a population, shared by its phones. */
export class Tally implements PopulationCounters {
  registersSent = 0;
  registersRetransmitted = 0;
  registersRefused = 0;
  registersTimedOut = 0;
  registersLost = 0;
  probesSeen = 0;
  answersSent = 0;
  lateAnswersSent = 0;
  duplicatesSent = 0;
  answersLost = 0;
  probesIgnored = 0;
  dropped = 0;
  unmatchedResponses = 0;
  strayRequests = 0;
  malformed = 0;
  sendFailures = 0;
  connectionsLost = 0;
  connectionsRefused = 0;

  readonly #states: Record<PhoneState, number> = {
    waiting: 0,
    registering: 0,
    registered: 0,
    failed: 0,
    offline: 0,
    stopped: 0,
  };

  /** @param from `null` for a phone that is new */
  moved(from: PhoneState | null, to: PhoneState): void {
    if (from !== null) this.#states[from] -= 1;
    this.#states[to] += 1;
  }

  stats(answersWaiting: number): PopulationStats {
    const phones = PHONE_STATES.reduce((sum, state) => sum + this.#states[state], 0);
    return { ...this, ...this.#states, phones, answersWaiting };
  }
}

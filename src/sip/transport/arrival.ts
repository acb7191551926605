/**
 * How far the arrival time of a message can be trusted, without the kernel's own stamp.
 *
 *      last moment the queue        the message was read
 *      was known to be empty               |
 *             |<--- it arrived in here --->|        longer than 500 us: imprecise
 *
 * Two things prove an empty queue. The loop waited: then nothing was queued when the wait ended, and the wait ended no
 * earlier than "last observation + idle time since", however the busy rest is spread. And a turn read fewer datagrams
 * from a socket than a turn may: then the read after the last one found nothing. The more often the loop is looked at,
 * the closer these moments are known: every tick and every command of the main thread is a look.
 *
 * Not seen: time the kernel gave to other processes while the loop waited.
 *
 * @module
 */
import type { Clock } from "../../base/clock.ts";
import type { LoopMeter } from "../../base/loop-idle.ts";
import type { Arrival } from "./flow.ts";

/** Half of the millisecond that the error of an RTT may have at the 99th percentile. */
const IMPRECISE_AFTER_MS = 0.5;

/** libuv reads at most this many datagrams from one socket per turn (`uv__udp_recvmsg`). */
const DATAGRAMS_PER_TURN_MAX = 32;

/** A moment at which the loop was looked at. */
interface Look {
  turn: number;
  /** Monotonic milliseconds. */
  ms: number;
}

/** What is known about the loop of this thread; one for all sockets. */
export class ArrivalGauge {
  readonly loop: LoopMeter;
  readonly #clock: Clock;
  #observedMs: number;
  #idleMs: number;
  #emptyMs: number;
  /** The last look of the present turn, of the last turn before it that was looked at, and of the one before that. */
  #present: Look = { turn: -1, ms: Number.NEGATIVE_INFINITY };
  #before: Look = { turn: -1, ms: Number.NEGATIVE_INFINITY };
  #earlier: Look = { turn: -1, ms: Number.NEGATIVE_INFINITY };

  constructor(clock: Clock, loop: LoopMeter) {
    this.loop = loop;
    this.#clock = clock;
    this.#observedMs = clock.monotonicMs();
    this.#idleMs = loop.idleMs();
    this.#emptyMs = this.#observedMs;
  }

  /** Monotonic milliseconds: every queue was empty at this moment or later. */
  get emptyMs(): number {
    return this.#emptyMs;
  }

  /** To be called first thing in every tick of the wheel: the more observations, the fewer samples flagged in vain. */
  tickStarted(): void {
    this.observe();
  }

  /** Looks at the loop. @returns monotonic milliseconds now */
  observe(): number {
    const nowMs = this.#clock.monotonicMs();
    const idleMs = this.loop.idleMs();
    if (idleMs > this.#idleMs) {
      this.#emptyMs = Math.min(nowMs, this.#observedMs + (idleMs - this.#idleMs));
      this.#idleMs = idleMs;
    }
    this.#note(this.loop.turns(), nowMs);
    this.#observedMs = nowMs;
    return nowMs;
  }

  /** Turn of the last look. */
  get turn(): number {
    return this.#present.turn;
  }

  /**
   * Monotonic milliseconds of the last look two or more turns ago. A whole poll of every socket has passed since:
   * whatever was queued then was read then, unless a socket had more than one turn may read.
   */
  get polledSinceMs(): number {
    return this.#before.turn < this.#present.turn - 1 ? this.#before.ms : this.#earlier.ms;
  }

  #note(turn: number, nowMs: number): void {
    if (turn !== this.#present.turn) {
      const reused = this.#earlier;
      this.#earlier = this.#before;
      this.#before = this.#present;
      this.#present = reused;
      reused.turn = turn;
    }
    this.#present.ms = nowMs;
  }

  /** To be called when octets were read from a stream. */
  streamRead(): Arrival {
    const readMs = this.observe();
    return { readMs, isImprecise: readMs - this.#emptyMs > IMPRECISE_AFTER_MS };
  }
}

/** What is known about the queue of one UDP socket. */
export class DatagramQueueGauge {
  readonly #arrivals: ArrivalGauge;
  #turn = -1;
  #readInTurn = 0;
  #lastReadMs = Number.NEGATIVE_INFINITY;
  #drainedMs = Number.NEGATIVE_INFINITY;

  constructor(arrivals: ArrivalGauge) {
    this.#arrivals = arrivals;
  }

  /** To be called for every datagram read, ignored ones included. */
  datagramRead(): Arrival {
    const readMs = this.#arrivals.observe();
    const { turn } = this.#arrivals;
    if (turn !== this.#turn) {
      const isDrained = this.#readInTurn < DATAGRAMS_PER_TURN_MAX;
      if (isDrained) this.#drainedMs = Math.max(this.#lastReadMs, this.#arrivals.polledSinceMs);
      this.#turn = turn;
      this.#readInTurn = 0;
    }
    this.#readInTurn++;
    this.#lastReadMs = readMs;
    const emptyMs = Math.max(this.#arrivals.emptyMs, this.#drainedMs);
    return { readMs, isImprecise: readMs - emptyMs > IMPRECISE_AFTER_MS };
  }
}

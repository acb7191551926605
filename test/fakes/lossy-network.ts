/**
 * A network between the prober and its phones that drops, delays, repeats, reorders and forges, all by one seed.
 *
 * Every phone answers every probe; what becomes of the answer is the network's doing. Each delivery knows the truth:
 * which probe it answers and when that one left.
 *
 * @module
 */
import type { Buffer } from "node:buffer";
import type { Clock } from "../../src/base/clock.ts";
import { fraction, type Random } from "../../src/base/random.ts";
import type { FlowEnd } from "../../src/location/contact-table.ts";
import { branchOf, replyTo } from "./probing.ts";

/** How bad the network is; shares are 0..1. */
export interface Weather {
  readonly lossRatio: number;
  /** Answers that take longer than `slowAfterMs`, up to three times that. */
  readonly slowRatio: number;
  readonly slowAfterMs: number;
  readonly duplicateRatio: number;
  /** Answers that come with a 100 before them. */
  readonly provisionalRatio: number;
  /** Answers of which a stranger sends a copy, or a copy with a changed branch. */
  readonly forgedRatio: number;
  /** Probes the transport refuses to send. */
  readonly refusedRatio: number;
}

export const BAD_WEATHER: Weather = {
  lossRatio: 0.15,
  slowRatio: 0.1,
  slowAfterMs: 350,
  duplicateRatio: 0.15,
  provisionalRatio: 0.1,
  forgedRatio: 0.1,
  refusedRatio: 0.03,
};

/** A response on its way to the prober. */
export interface Delivery {
  readonly dueMs: number;
  readonly octets: Buffer;
  readonly flow: FlowEnd;
  readonly status: number;
  /** When the probe left, on the monotonic clock. */
  readonly probeSentMs: number;
}

/** Answers of phones, 404 among them: any final response is a sign of life. */
const STATUSES = [200, 200, 200, 404, 486];
/** Everyday round trips, in milliseconds. */
const ROUND_TRIP_MS_MIN = 1;
const ROUND_TRIP_MS_MAX = 60;

/** See the module header. */
export class LossyNetwork {
  /** Branches of everything that was sent. */
  readonly branches: string[] = [];
  readonly sentMs: number[] = [];
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #weather: Weather;
  #onTheWay: Delivery[] = [];

  constructor(options: { clock: Clock; random: Random; weather?: Partial<Weather> }) {
    this.#clock = options.clock;
    this.#random = options.random;
    this.#weather = { ...BAD_WEATHER, ...options.weather };
  }

  /** Takes a probe. @returns `false` when it refuses to */
  send(flow: FlowEnd, octets: Buffer): boolean {
    const text = octets.toString("latin1");
    this.branches.push(branchOf(text));
    if (this.#chance(this.#weather.refusedRatio)) return false;
    this.sentMs.push(this.#clock.monotonicMs());
    if (!this.#chance(this.#weather.lossRatio)) this.#answer(text, flow);
    return true;
  }

  /** What has arrived by now, in the order of arrival. */
  take(): Delivery[] {
    const nowMs = this.#clock.monotonicMs();
    const arrived = this.#onTheWay.filter(({ dueMs }) => dueMs <= nowMs);
    if (arrived.length === 0) return arrived;
    this.#onTheWay = this.#onTheWay.filter(({ dueMs }) => dueMs > nowMs);
    return arrived.sort((a, b) => a.dueMs - b.dueMs);
  }

  #answer(request: string, flow: FlowEnd): void {
    const { slowRatio, slowAfterMs, duplicateRatio, provisionalRatio, forgedRatio } = this.#weather;
    const status = STATUSES[this.#random.u32() % STATUSES.length] as number;
    const delayMs = this.#chance(slowRatio)
      ? slowAfterMs * (1 + 2 * fraction(this.#random))
      : ROUND_TRIP_MS_MIN + (ROUND_TRIP_MS_MAX - ROUND_TRIP_MS_MIN) * fraction(this.#random);
    const octets = replyTo(request, { status });
    this.#deliver(delayMs, octets, flow, status);
    while (this.#chance(duplicateRatio)) this.#deliver(delayMs * (0.5 + fraction(this.#random)), octets, flow, status);
    if (this.#chance(provisionalRatio)) {
      this.#deliver(delayMs * fraction(this.#random), replyTo(request, { status: 100 }), flow, 100);
    }
    if (this.#chance(forgedRatio)) this.#forge(request, flow, status, delayMs);
  }

  #forge(request: string, flow: FlowEnd, status: number, delayMs: number): void {
    const inMs = delayMs * fraction(this.#random);
    if (this.#chance(0.5)) this.#deliver(inMs, replyTo(request, { status }), { ...flow, remotePort: 1 }, status);
    const branch = [...branchOf(request)];
    const at = 9 + (this.#random.u32() % (branch.length - 9));
    branch[at] = branch[at] === "0" ? "1" : "0";
    this.#deliver(inMs, replyTo(request, { status, branch: branch.join("") }), flow, status);
  }

  #deliver(inMs: number, octets: Buffer, flow: FlowEnd, status: number): void {
    const probeSentMs = this.#clock.monotonicMs();
    this.#onTheWay.push({ dueMs: probeSentMs + inMs, octets, flow, status, probeSentMs });
  }

  #chance(ratio: number): boolean {
    return fraction(this.#random) < ratio;
  }
}

/**
 * The heartbeat: sends each contact one probe per interval and matches what comes back.
 *
 *      Location --bindingStored/Removed--> [ Prober ] --send--> transport
 *      tick --due contacts, lost probes-->     |      <--onResponse-- endpoint
 *                                              +--probeSent/Answered/Failed--> observer
 *
 * Stateless on the SIP side (no client transaction, RFC 3261 §17.1.2 is not used): one lost probe is one data
 * point, not a reason to retransmit. A contact has at most one probe in flight; the slot keeps its token.
 * The first final response from the right flow in time is the sample; what comes later is counted as late,
 * what comes again as duplicate, and everything else as unmatched.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { Clock } from "../base/clock.ts";
import { TRANSPORTS } from "../base/net-names.ts";
import { fraction, type Random } from "../base/random.ts";
import { TimingWheel } from "../base/wheel.ts";
import type { FlowEnd } from "../location/contact-table.ts";
import type { ContactState } from "../location/contact-view.ts";
import { isSameFlow, type Location, type LocationObserver, type StoreKind } from "../location/location.ts";
import { ReplyHead } from "../sip/syntax/reply-head.ts";
import type { Arrival } from "../sip/transport/flow.ts";
import { type Heartbeats, PROBE_ANSWERED, PROBE_LOST, PROBE_NONE } from "./heartbeats.ts";
import type { FailureReason, KeepaliveObserver, UnmatchedReason } from "./observer.ts";
import { Allowance, nextAtPlace, placeOf } from "./pace.ts";
import { isInScope, type KeepalivePolicy, stateAfterLoss } from "./policy.ts";
import { defaultFrom, printProbe } from "./probe.ts";
import { printBranch, Token } from "./token.ts";

/** One tick of the wheels; both turn once in a little over a minute, longer intervals take several turns. */
const TICK_MS = 1;
const BUCKETS = 65_536;
/** Probes that leave together, and the longest time they are kept back for it. A reply waits behind three others at worst. */
const PROBES_PER_TURN = 4;
const TURN_MS_MAX = 4;
/** Lowest status of a final response (RFC 3261 §7.2). */
const FINAL_STATUS_MIN = 200;

/** Everything the prober needs from the world. */
export interface ProberParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly location: Location;
  readonly heartbeats: Heartbeats;
  readonly observer: KeepaliveObserver;
  readonly policy: KeepalivePolicy;
  /** What Via shows for a local socket. */
  readonly sentBy: (socket: number) => string;
  /** @returns `false` when nothing was sent */
  readonly send: (flow: FlowEnd, octets: Buffer) => boolean;
}

/** Probes every contact of a location that is in scope. */
export class Prober implements LocationObserver {
  readonly #parts: ProberParts;
  readonly #beats: Heartbeats;
  readonly #observer: KeepaliveObserver;
  readonly #dueProbes: TimingWheel;
  readonly #deadlines: TimingWheel;
  readonly #allowance: Allowance;
  /** 1 for contacts that are probed. */
  readonly #probed: Uint8Array;
  readonly #inFlight = new Int32Array(TRANSPORTS.length);
  readonly #head = new ReplyHead();
  readonly #token = new Token();
  /** Tells answers to this process from answers to an earlier one. */
  readonly #epoch: number;
  #policy: KeepalivePolicy;
  /** Method before the last change of it: probes in flight are answered with that. */
  #earlierMethod: string;
  #probedCount = 0;

  constructor(parts: ProberParts) {
    const { clock, location } = parts;
    const { capacity } = location.table;
    const nowMs = clock.monotonicMs();
    this.#parts = parts;
    this.#beats = parts.heartbeats;
    this.#observer = parts.observer;
    this.#policy = parts.policy;
    this.#earlierMethod = parts.policy.method;
    this.#dueProbes = new TimingWheel({ capacity, buckets: BUCKETS, tickMs: TICK_MS, nowMs });
    this.#deadlines = new TimingWheel({ capacity, buckets: BUCKETS, tickMs: TICK_MS, nowMs });
    this.#allowance = new Allowance(nowMs);
    this.#probed = new Uint8Array(capacity);
    this.#epoch = parts.random.u32();
  }

  /** Request method of the probes. */
  get method(): string {
    return this.#policy.method;
  }

  /** Probes in flight over one transport: the size of the pending table. */
  inFlight(transport: number): number {
    return this.#inFlight[transport] as number;
  }

  bindingStored(slot: number, kind: StoreKind): void {
    if (kind === "created" || kind === "restored") this.#beats.reset(slot);
    this.#applyScope(slot);
  }

  /** The probe in flight went to the old flow; the contact comes back with `bindingStored`. */
  bindingMoving(slot: number): void {
    this.#leave(slot);
  }

  bindingRemoved(slot: number): void {
    this.#leave(slot);
  }

  /** The stream of a contact has closed: it cannot be reached until it registers again (RFC 5626 §5.3). */
  flowLost(slot: number): void {
    this.#withdraw(slot, "connection_closed");
    this.#setState(slot, "unreachable");
  }

  /** Takes over new settings; a new interval gives every contact its place in it. */
  reload(policy: KeepalivePolicy): void {
    const hasNewInterval = policy.intervalMs !== this.#policy.intervalMs;
    if (policy.method !== this.#policy.method) this.#earlierMethod = this.#policy.method;
    this.#policy = policy;
    const { table } = this.#parts.location;
    for (let slot = 0; slot < table.slotsUsed; slot++) {
      if (!table.has(slot)) continue;
      this.#applyScope(slot);
      if (hasNewInterval && this.#probed[slot] === 1) this.#scheduleFirst(slot);
    }
    this.#setRate();
  }

  /** Gives up lost probes and sends due ones; to be called about every millisecond. */
  tick(): void {
    const nowMs = this.#parts.clock.monotonicMs();
    this.#deadlines.advance(nowMs);
    for (let slot = this.#deadlines.takeDue(); slot !== -1; slot = this.#deadlines.takeDue()) this.#lose(slot);
    this.#dueProbes.advance(nowMs);
    while (this.#dueProbes.hasDue() && this.#allowance.take(nowMs)) this.#probe(this.#dueProbes.takeDue());
  }

  /**
   * How long the next tick may wait, at most `mostMs`: until the next bucket that holds something, and long enough
   * for a turn to carry several probes, because waking up costs more than a probe does.
   */
  restMs(mostMs: number): number {
    const perMs = this.#probedCount / this.#policy.intervalMs;
    const turnMs = Math.min(TURN_MS_MAX, Math.max(TICK_MS, Math.floor(PROBES_PER_TURN / perMs)));
    if (this.#dueProbes.hasDue()) return turnMs;
    return Math.max(turnMs, Math.min(this.#dueProbes.emptyTicks(mostMs), this.#deadlines.emptyTicks(mostMs)));
  }

  /**
   * Takes a response off the wire.
   *
   * @param octets one whole message that starts with `SIP/2.0`
   */
  onResponse(octets: Buffer, flow: FlowEnd, arrival: Arrival): void {
    const head = this.#head;
    const token = this.#token;
    const isReadable = head.read(octets, octets.length);
    if (!isReadable || head.viaCount !== 1 || !token.read(octets, head.branchStart, head.branchEnd)) {
      this.#observer.unmatchedResponse(flow.transport, "bad_token");
    } else if (token.epoch !== this.#epoch) {
      this.#observer.unmatchedResponse(flow.transport, "stale_epoch");
    } else if (head.status >= FINAL_STATUS_MIN) {
      this.#match(octets, flow, arrival);
    }
  }

  /** A final response whose branch names a slot of this process. */
  #match(octets: Buffer, flow: FlowEnd, arrival: Arrival): void {
    const { slot, high, low } = this.#token;
    const beats = this.#beats;
    const isCurrent = beats.tokenHigh[slot] === high && beats.tokenLow[slot] === low;
    const isOlder = !isCurrent && beats.olderHigh[slot] === high && beats.olderLow[slot] === low;
    const state = isCurrent ? beats.tokenState[slot] : isOlder ? beats.olderState[slot] : PROBE_NONE;
    const refused = this.#refusal(octets, slot, state ?? PROBE_NONE, flow);
    if (refused !== null) this.#observer.unmatchedResponse(flow.transport, refused);
    else if (state === PROBE_ANSWERED) this.#observer.duplicateResponse(slot);
    else if (state === PROBE_LOST) this.#late(slot, isCurrent);
    else this.#answered(slot, arrival);
  }

  /** The first final response to the probe in flight. */
  #answered(slot: number, arrival: Arrival): void {
    if (arrival.readMs > this.#deadlines.dueMs(slot)) {
      // Its time was up, and the tick that would have said so has not come yet.
      this.#lose(slot);
      this.#late(slot, true);
      return;
    }
    const roundTripMs = arrival.readMs - (this.#beats.sentAtMs[slot] as number);
    this.#deadlines.cancel(slot);
    this.#landed(slot);
    this.#beats.answered(slot, roundTripMs, arrival.readMs);
    this.#observer.probeAnswered(slot, this.#head.status, roundTripMs, arrival.isImprecise);
    this.#setState(slot, "reachable");
  }

  /** The first answer to a probe that had been given up: the last one of the slot, or the one before it. */
  #late(slot: number, isCurrent: boolean): void {
    this.#beats.answeredLate(slot, isCurrent);
    this.#observer.lateResponse(slot);
  }

  /** Why a response with that token is not believed; `null` when it is. */
  #refusal(octets: Buffer, slot: number, state: number, flow: FlowEnd): UnmatchedReason | null {
    const { table } = this.#parts.location;
    if (slot >= table.capacity || !table.has(slot)) return "unknown_contact";
    const isOurMethod =
      this.#head.cseqMethodIs(octets, this.#policy.method) || this.#head.cseqMethodIs(octets, this.#earlierMethod);
    if (state === PROBE_NONE || !isOurMethod) return "bad_token";
    return isSameFlow(table.flowOf(slot), flow) ? null : "wrong_source";
  }

  #probe(slot: number): void {
    const { clock, location } = this.#parts;
    const dueMs = this.#dueProbes.dueMs(slot);
    if (this.#beats.isPending(slot)) {
      // After a stall or a new interval this one comes early: the one in flight may still be answered.
      this.#dueProbes.schedule(slot, this.#deadlines.dueMs(slot));
      return;
    }
    this.#scheduleNext(slot, dueMs);
    const flow = location.table.flowOf(slot);
    const isStream = flow.transport !== "udp";
    if (flow.socket < 0 || (isStream && flow.connectionId < 0)) {
      this.#observer.probeSkipped(slot, "no_flow");
      return;
    }
    const high = this.#parts.random.u32();
    const low = this.#parts.random.u32();
    const octets = this.#print(slot, flow, printBranch(slot, this.#epoch, high, low));
    const sentAtMs = clock.monotonicMs();
    this.#beats.sent(slot, high, low, sentAtMs);
    this.#inFlight[location.table.transport[slot] as number]! += 1;
    this.#observer.probeSent(slot, sentAtMs - dueMs);
    const isSent = this.#parts.send(flow, octets);
    // A stream that closed while it was written to has ended the probe already.
    if (!this.#beats.isPending(slot)) return;
    if (isSent) this.#deadlines.schedule(slot, sentAtMs + this.#policy.probeTimeoutMs);
    else this.#fail(slot, "send_error");
  }

  #print(slot: number, flow: FlowEnd, branch: string): Buffer {
    const { random, sentBy, location } = this.#parts;
    const text = location.table.text(slot);
    const { method, from, domain } = this.#policy;
    const request = printProbe({
      method,
      requestUri: text.address,
      viaTransport: flow.transport.toUpperCase(),
      sentBy: sentBy(flow.socket),
      branch,
      path: text.path,
      from: from ?? defaultFrom(text.aor, domain),
      aor: text.aor,
      domain,
      tag: random.u32(),
      callIdHigh: random.u32(),
      callIdLow: random.u32(),
    });
    return Buffer.from(request, "latin1");
  }

  /** The probe in flight got no answer in time. */
  #lose(slot: number): void {
    this.#deadlines.cancel(slot);
    this.#fail(slot, "timeout");
  }

  /** The probe in flight ended badly, and that says something about the contact. */
  #fail(slot: number, reason: FailureReason): void {
    const beats = this.#beats;
    this.#landed(slot);
    beats.lost(slot);
    this.#observer.probeFailed(slot, reason);
    const misses = beats.missesInARow[slot] as number;
    this.#setState(slot, stateAfterLoss(beats.stateOf(slot), misses, this.#policy.unreachableAfter));
  }

  /** Takes the probe in flight back, if there is one; it is not held against the contact. */
  #withdraw(slot: number, reason: FailureReason): void {
    if (!this.#beats.isPending(slot)) return;
    this.#deadlines.cancel(slot);
    this.#landed(slot);
    this.#beats.cancelled(slot);
    this.#observer.probeFailed(slot, reason);
  }

  #landed(slot: number): void {
    this.#inFlight[this.#parts.location.table.transport[slot] as number]! -= 1;
  }

  #setState(slot: number, to: ContactState): void {
    const from = this.#beats.stateOf(slot);
    if (from === to || this.#probed[slot] !== 1) return;
    this.#beats.setState(slot, to);
    this.#observer.stateChanged(slot, from, to);
  }

  /** Takes a contact under keepalive, or out of it, as the scope says. */
  #applyScope(slot: number): void {
    const { table } = this.#parts.location;
    const contact = { isNated: table.nated[slot] === 1, transport: table.transportOf(slot) };
    const isProbed = isInScope(this.#policy.scope, contact);
    if (isProbed && this.#probed[slot] === 0) this.#enter(slot);
    if (!isProbed) this.#leave(slot);
  }

  #enter(slot: number): void {
    this.#probed[slot] = 1;
    this.#probedCount += 1;
    this.#setRate();
    this.#scheduleFirst(slot);
    this.#observer.stateChanged(slot, null, this.#beats.stateOf(slot));
  }

  #leave(slot: number): void {
    if (this.#probed[slot] === 0) return;
    this.#withdraw(slot, "cancelled");
    this.#dueProbes.cancel(slot);
    this.#probed[slot] = 0;
    this.#probedCount -= 1;
    this.#setRate();
    this.#observer.stateChanged(slot, this.#beats.stateOf(slot), null);
  }

  #setRate(): void {
    this.#allowance.setRate(this.#probedCount, this.#policy.intervalMs);
  }

  #scheduleFirst(slot: number): void {
    const nowMs = this.#parts.clock.monotonicMs();
    this.#dueProbes.schedule(slot, nextAtPlace(nowMs, placeOf(slot), this.#policy.intervalMs));
  }

  /** One interval after the place that `dueMs` was drawn around; after a long stall, the next one to come. */
  #scheduleNext(slot: number, dueMs: number): void {
    const { intervalMs, jitterRatio } = this.#policy;
    const place = placeOf(slot);
    const nowMs = this.#parts.clock.monotonicMs();
    const nextMs = nextAtPlace(dueMs - intervalMs / 2, place, intervalMs) + intervalMs;
    const centreMs = nextMs > nowMs ? nextMs : nextAtPlace(nowMs, place, intervalMs);
    this.#dueProbes.schedule(slot, centreMs + (fraction(this.#parts.random) - 0.5) * jitterRatio * intervalMs);
  }
}

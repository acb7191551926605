/**
 * A small world under one seed: phones that come, move and go, a bad network, an event loop that stalls, and the
 * real location, prober and counters in the middle. After every step the invariants are looked at.
 *
 * @module
 */
import { TRANSPORTS } from "../../src/base/net-names.ts";
import { fraction, type Random, seededRandom } from "../../src/base/random.ts";
import { DomainLabels } from "../../src/instruments/domain-labels.ts";
import { KeepaliveCounters } from "../../src/instruments/keepalive-counters.ts";
import { RegistrarCounters } from "../../src/instruments/registrar-counters.ts";
import { Heartbeats } from "../../src/keepalive/heartbeats.ts";
import type { KeepaliveObserver } from "../../src/keepalive/observer.ts";
import { isInScope, type KeepalivePolicy } from "../../src/keepalive/policy.ts";
import { Prober } from "../../src/keepalive/prober.ts";
import { ContactTable, type FlowEnd } from "../../src/location/contact-table.ts";
import { CONTACT_STATES, type ContactState } from "../../src/location/contact-view.ts";
import { Location } from "../../src/location/location.ts";
import { Streams } from "../../src/location/streams.ts";
import { aContactNumber, aFlow, aStream } from "../fakes/contacts.ts";
import { LossyNetwork, type Weather } from "../fakes/lossy-network.ts";
import { ManualClock } from "../fakes/manual-clock.ts";
import { POLICY } from "../fakes/probing.ts";
import { Counted } from "./counted.ts";
import { type Drop, forgetful } from "./dropped-event.ts";
import { Ledger } from "./ledger.ts";
import { type Skip, SkippingInstruments } from "./skipping-instruments.ts";

const CAPACITY = 24;
const START_MS = 1_000;
/** Only these are used here; the others stay at 0. */
const USED_TRANSPORTS = ["udp", "tcp"] as const;
/** Contacts there are from the start. */
const CONTACTS_AT_START = 8;
/** Most that a probe may be late without a stall: the backlog of the last one, and a step. */
const LATE_MS_MAX = 300;
/** Of the final responses, one in so many arrives while the loop is busy. */
const IMPRECISE_EVERY = 5;
/** Longer than any answer is on its way, and any probe waits for it. */
const DRAIN_MS = 1_500;

/** What a world is made from. */
export interface WorldOptions {
  readonly seed: number;
  /** Changes per second: registrations, moves, removals, closed streams. */
  readonly churnPerS?: number;
  /** Stalls per second, 5 ms to a second each. */
  readonly stallsPerS?: number;
  readonly policy?: Partial<KeepalivePolicy>;
  readonly weather?: Partial<Weather>;
  readonly drop?: Drop;
  /** An addition of the counters that is left out. */
  readonly skip?: Skip;
}

/** See the module header. */
export class World {
  readonly clock = new ManualClock({ startMs: START_MS });
  readonly counted = new Counted(this.clock);
  readonly table: ContactTable;
  readonly location: Location;
  readonly heartbeats = new Heartbeats(CAPACITY);
  readonly prober: Prober;
  readonly ledger: Ledger;
  readonly network: LossyNetwork;
  /** Whether the event that was to be dropped has been. */
  readonly isDropped: () => boolean;
  /** The instruments as the counters of keepalive see them. */
  readonly counting: SkippingInstruments;
  readonly #streams: Streams;
  readonly #random: Random;
  #stepPerMs: { readonly churn: number; readonly stall: number };
  #policy: KeepalivePolicy;
  #nextContact = 0;
  #nextConnection = 0;

  constructor(options: WorldOptions) {
    const { clock, heartbeats, counted } = this;
    const random = seededRandom(options.seed);
    this.#random = random;
    this.#stepPerMs = { churn: (options.churnPerS ?? 6) / 1_000, stall: (options.stallsPerS ?? 0.5) / 1_000 };
    this.#policy = {
      ...POLICY,
      intervalMs: 1_000,
      probeTimeoutMs: 400,
      jitterRatio: 0.2,
      unreachableAfter: 2,
      ...options.policy,
    };
    this.table = new ContactTable({ capacity: CAPACITY, random, startWallMs: 0 });
    this.location = new Location({ table: this.table, clock });
    this.network = new LossyNetwork({ clock, random, weather: options.weather ?? {} });
    this.ledger = new Ledger({ clock, table: this.table, heartbeats });
    this.ledger.probeTimeoutMs = this.#policy.probeTimeoutMs;
    const { instruments } = counted;
    const domains = new DomainLabels({ instruments, domains: [], limit: 1 });
    const parts = { instruments, table: this.table, domains };
    this.counting = new SkippingInstruments(instruments, options.skip ?? null);
    const counters = new KeepaliveCounters({
      ...parts,
      instruments: this.counting,
      heartbeats,
      method: this.#policy.method,
    });
    const both = forgetful(tee(counters, this.ledger), options.drop ?? null, () => clock.monotonicMs());
    this.isDropped = both.isDone;
    this.prober = new Prober({
      clock,
      random,
      location: this.location,
      heartbeats,
      observer: both.observer,
      policy: this.#policy,
      sentBy: () => "198.51.100.1:5060",
      send: (flow, octets) => this.network.send(flow, octets),
    });
    this.#streams = new Streams(this.table);
    const registrar = new RegistrarCounters(parts);
    for (const observer of [this.prober, registrar, this.#streams]) this.location.watch(observer);
    for (let i = 0; i < CONTACTS_AT_START; i++) this.#register();
  }

  /** Lets the world turn, looking at the invariants after every step. */
  run(forMs: number): void {
    const endMs = this.clock.monotonicMs() + forMs;
    while (this.clock.monotonicMs() < endMs) {
      const byMs = 0.3 + 5 * fraction(this.#random);
      this.clock.advance(byMs);
      this.#stallSometimes(byMs);
      if (this.#chance(this.#stepPerMs.churn * byMs)) this.#change();
      this.#turn();
      this.#check();
    }
  }

  /** From now on nobody comes, moves or goes, and lifetimes are long. */
  rest(): void {
    this.#stepPerMs = { churn: 0, stall: 0 };
    const expiresAtMs = this.clock.monotonicMs() + 86_400_000;
    for (let slot = 0; slot < CAPACITY; slot++) {
      if (!this.table.has(slot)) continue;
      const flow = this.table.flowOf(slot);
      const isNated = this.table.nated[slot] === 1;
      this.location.refresh(
        slot,
        aContactNumber(slot, { flow, expiresAtMs, isNated, domain: this.table.domain[slot]! }),
      );
    }
  }

  /** Ends the heartbeat and waits until nothing is on the way any more. */
  drain(): void {
    this.prober.reload({ ...this.#policy, scope: "off" });
    this.#policy = { ...this.#policy, scope: "off" };
    const endMs = this.clock.monotonicMs() + DRAIN_MS;
    while (this.clock.monotonicMs() < endMs) {
      this.clock.advance(5);
      this.#turn();
      this.#check();
    }
    if (this.ledger.open.size > 0) this.ledger.wrong(`${this.ledger.open.size} probes never ended`);
    if (this.ledger.sent !== this.ledger.ended) this.ledger.wrong("a probe was lost from the books");
  }

  /** Takes the stream of every TCP contact away. */
  closeStreams(): void {
    for (let slot = 0; slot < CAPACITY; slot++) if (this.table.has(slot)) this.#closeStream(slot);
  }

  /** One turn of the event loop: timers and reads, in either order. */
  #turn(): void {
    const isTickFirst = this.#chance(0.5);
    if (isTickFirst) this.prober.tick();
    for (const delivery of this.network.take()) {
      this.ledger.delivering = delivery;
      if (delivery.status >= 200) this.ledger.finalsDelivered += 1;
      const arrival = {
        readMs: this.clock.monotonicMs(),
        isImprecise: this.ledger.finalsDelivered % IMPRECISE_EVERY === 0,
      };
      this.prober.onResponse(delivery.octets, delivery.flow, arrival);
      this.ledger.delivering = null;
    }
    if (!isTickFirst) this.prober.tick();
    this.location.expireDue(this.clock.monotonicMs(), 3);
  }

  #stallSometimes(byMs: number): void {
    if (!this.#chance(this.#stepPerMs.stall * byMs)) return;
    const forMs = 5 * 200 ** fraction(this.#random);
    this.ledger.stalledMs += forMs;
    this.clock.stall(forMs);
    if (this.#chance(0.3)) this.clock.stepWall((fraction(this.#random) - 0.5) * 86_400_000);
  }

  /** Something happens to a contact, or to the settings. */
  #change(): void {
    const slot = this.#random.u32() % CAPACITY;
    const what = this.#random.u32() % 8;
    if (!this.table.has(slot)) this.#register();
    else if (what < 2) this.#refresh(slot, this.table.flowOf(slot));
    else if (what < 4) this.#refresh(slot, this.#newFlow());
    else if (what === 4) this.location.remove(slot, "removed");
    else if (what === 5) this.#closeStream(slot);
    else if (what === 6) this.#register();
    else this.#reload();
  }

  #register(): void {
    if (this.table.room === 0) return;
    this.#nextContact += 1;
    const slot = this.location.store(this.#fields(this.#nextContact, this.#newFlow()));
    this.#turnTaken(slot);
  }

  #refresh(slot: number, flow: FlowEnd): void {
    const isGone = flow.transport === "tcp" && flow.connectionId === -1;
    this.location.refresh(slot, this.#fields(this.#nextContact, isGone ? this.#newFlow() : flow));
    this.#turnTaken(slot);
  }

  #fields(number: number, flow: FlowEnd) {
    const lifetimeMs = 500 + 10_000 * fraction(this.#random);
    const expiresAtMs = this.clock.monotonicMs() + lifetimeMs;
    const isNated = this.#chance(0.5);
    return aContactNumber(number, { flow, expiresAtMs, isNated, domain: this.#chance(0.5) ? 0 : 1 });
  }

  #newFlow(): FlowEnd {
    if (this.#chance(0.5)) return aFlow({ remotePort: 10_000 + (this.#random.u32() % 50_000) });
    this.#nextConnection += 1;
    return aStream(this.#nextConnection);
  }

  #closeStream(slot: number): void {
    const { connectionId } = this.table.flowOf(slot);
    if (connectionId === -1) return;
    for (const lost of this.#streams.closed(connectionId)) this.prober.flowLost(lost);
  }

  #reload(): void {
    const scope = (["all", "nat", "udp", "all"] as const)[this.#random.u32() % 4] ?? "all";
    const intervalMs = this.#chance(0.5) ? 1_000 : 1_500;
    const probeTimeoutMs = this.#chance(0.5) ? 400 : 300;
    this.#policy = { ...this.#policy, scope, intervalMs, probeTimeoutMs };
    this.ledger.probeTimeoutMs = probeTimeoutMs;
    this.prober.reload(this.#policy);
    for (let slot = 0; slot < CAPACITY; slot++) this.#turnTaken(slot);
  }

  /** A contact whose plan has just been made anew. */
  #turnTaken(slot: number): void {
    this.ledger.turn(slot);
  }

  #check(): void {
    const { counted, ledger } = this;
    for (const transport of USED_TRANSPORTS) this.#checkTransport(transport);
    const { late, duplicate, unmatched, skipped, transitions, imprecise, jitters } = ledger.seen;
    const responses = counted.sum("keepaliveResponses");
    this.#same("final responses", responses + late + duplicate + unmatched, ledger.finalsDelivered);
    this.#same("late", counted.sum("keepaliveLateResponses"), late);
    this.#same("duplicate", counted.sum("keepaliveDuplicateResponses"), duplicate);
    this.#same("unmatched", counted.sum("keepaliveUnmatchedResponses"), unmatched);
    this.#same("skipped", counted.sum("keepaliveSkipped"), skipped);
    this.#same("transitions", counted.sum("keepaliveStateTransitions"), transitions);
    this.#same("imprecise samples", counted.sum("keepaliveImpreciseSamples"), imprecise);
    this.#same("jitters", counted.sum("keepaliveJitter"), jitters);
    this.#same("schedule delays", counted.sum("keepaliveScheduleDelay"), counted.sum("keepaliveRequests"));
    this.#same("bindings", counted.sum("registrarBindings"), this.table.size);
    this.#checkTurns();
  }

  /** The invariant of the contract, each term counted on its own. */
  #checkTransport(transport: (typeof USED_TRANSPORTS)[number]): void {
    const { counted, ledger, prober } = this;
    const inFlight = prober.inFlight(TRANSPORTS.indexOf(transport));
    const requests = counted.sum("keepaliveRequests", "transport", transport);
    const responses = counted.sum("keepaliveResponses", "transport", transport);
    const failures = counted.sum("keepaliveFailures", "transport", transport);
    this.#same(`${transport} requests`, requests, responses + failures + inFlight);
    this.#same(`${transport} round trips`, counted.sum("keepaliveRtt", "transport", transport), responses);
    let open = 0;
    for (const probe of ledger.open.values()) if (probe.transport === transport) open += 1;
    this.#same(`${transport} in flight`, inFlight, open);
    const contacts = new Map<ContactState, number>();
    for (const slot of this.#probed()) {
      if (this.table.transportOf(slot) !== transport) continue;
      const state = this.heartbeats.stateOf(slot);
      contacts.set(state, (contacts.get(state) ?? 0) + 1);
    }
    for (const state of CONTACT_STATES) {
      this.#same(`${transport} ${state}`, counted.contacts(transport, state), contacts.get(state) ?? 0);
    }
  }

  /** Nobody under keepalive is forgotten: each has a probe or a skip in every interval. */
  #checkTurns(): void {
    const { intervalMs, jitterRatio } = this.#policy;
    const mostMs = intervalMs * (1 + jitterRatio) + LATE_MS_MAX;
    for (const slot of this.#probed()) {
      const waitedMs = this.ledger.sinceTurnMs(slot);
      if (waitedMs <= mostMs) continue;
      this.ledger.wrong(`slot ${slot} had no turn for ${waitedMs.toFixed(0)} ms`);
      this.ledger.turn(slot);
    }
  }

  /** Slots of the contacts that are under keepalive. */
  #probed(): number[] {
    const { table } = this;
    const slots: number[] = [];
    for (let slot = 0; slot < table.slotsUsed; slot++) {
      if (!table.has(slot)) continue;
      const contact = { isNated: table.nated[slot] === 1, transport: table.transportOf(slot) };
      if (isInScope(this.#policy.scope, contact)) slots.push(slot);
    }
    return slots;
  }

  #same(what: string, counted: number, truth: number): void {
    if (counted !== truth) this.ledger.wrong(`${what}: ${counted} counted, ${truth} in truth`);
  }

  #chance(ratio: number): boolean {
    return fraction(this.#random) < ratio;
  }
}

/** Both are told, in this order. */
function tee(first: KeepaliveObserver, second: KeepaliveObserver): KeepaliveObserver {
  return {
    probeSent: (...of) => [first.probeSent(...of), second.probeSent(...of)],
    probeAnswered: (...of) => [first.probeAnswered(...of), second.probeAnswered(...of)],
    probeFailed: (...of) => [first.probeFailed(...of), second.probeFailed(...of)],
    lateResponse: (...of) => [first.lateResponse(...of), second.lateResponse(...of)],
    duplicateResponse: (...of) => [first.duplicateResponse(...of), second.duplicateResponse(...of)],
    unmatchedResponse: (...of) => [first.unmatchedResponse(...of), second.unmatchedResponse(...of)],
    probeSkipped: (...of) => [first.probeSkipped(...of), second.probeSkipped(...of)],
    stateChanged: (...of) => [first.stateChanged(...of), second.stateChanged(...of)],
  };
}

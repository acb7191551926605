/**
 * The bindings and their lifetimes: the one place where a binding comes, changes and goes.
 *
 *      registrar --store/refresh/remove--> [ Location ] --bindingStored / bindingRemoved--> keepalive, journal, counters
 *      tick      --expireDue------------->
 *
 * Lifetimes run on the monotonic clock: a step of the wall clock neither shortens nor lengthens one.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import { TimingWheel } from "../base/wheel.ts";
import type { ContactFields, ContactTable, FlowEnd } from "./contact-table.ts";

/** Why a binding went; a closed set, used as a label. */
export type RemovalReason = "removed" | "expired";

/** How a binding came to be as it is; `moved` = refreshed over another flow. */
export type StoreKind = "created" | "refreshed" | "moved" | "restored";

/** What the rest of the engine may learn about bindings. Must not throw. */
export interface LocationObserver {
  /** Called after the table has changed. */
  bindingStored(slot: number, kind: StoreKind): void;
  /** Called just before a binding goes over to another flow; `bindingStored` with `moved` follows. */
  bindingMoving?(slot: number): void;
  /** Called just before the contact leaves the table, so that it can still be read. */
  bindingRemoved(slot: number, reason: RemovalReason): void;
}

/** Expiry is checked once a second; an hour fits into one turn. */
const EXPIRY_TICK_MS = 1_000;
const EXPIRY_BUCKETS = 4_096;

/** The table with its lifetimes; every change of a binding goes through here. */
export class Location {
  readonly table: ContactTable;
  readonly #observers: LocationObserver[] = [];
  readonly #expiry: TimingWheel;

  constructor(options: { table: ContactTable; clock: Clock }) {
    this.table = options.table;
    this.#expiry = new TimingWheel({
      capacity: options.table.capacity,
      buckets: EXPIRY_BUCKETS,
      tickMs: EXPIRY_TICK_MS,
      nowMs: options.clock.monotonicMs(),
    });
  }

  /** Adds an observer; they are told in the order they were added. To be called while the engine is wired. */
  watch(observer: LocationObserver): void {
    this.#observers.push(observer);
  }

  /** Adds a binding and returns its slot. @throws {RangeError} when the table is full */
  store(fields: ContactFields): number {
    const slot = this.table.insert(fields);
    this.#stored(slot, "created");
    return slot;
  }

  /** Adds a binding that a store kept. @throws {RangeError} when the table is full */
  restore(fields: ContactFields, ruid: string): number {
    const slot = this.table.restore(fields, ruid);
    this.#stored(slot, "restored");
    return slot;
  }

  /** Overwrites a binding with a newer registration of the same contact. */
  refresh(slot: number, fields: ContactFields): void {
    const isMoved = !isSameFlow(this.table.flowOf(slot), fields.flow);
    if (isMoved) for (const observer of this.#observers) observer.bindingMoving?.(slot);
    this.table.update(slot, fields);
    this.#stored(slot, isMoved ? "moved" : "refreshed");
  }

  remove(slot: number, reason: RemovalReason): void {
    for (const observer of this.#observers) observer.bindingRemoved(slot, reason);
    this.#expiry.cancel(slot);
    this.table.remove(slot);
  }

  /** Removes every binding whose lifetime has ended (RFC 3261 §10.3), at most `limit` in one call. */
  expireDue(nowMs: number, limit: number): void {
    this.#expiry.advance(nowMs);
    for (let i = 0; i < limit && this.#expiry.hasDue(); i++) this.remove(this.#expiry.takeDue(), "expired");
  }

  #stored(slot: number, kind: StoreKind): void {
    this.#expiry.schedule(slot, this.table.expiresAtMs[slot] as number);
    for (const observer of this.#observers) observer.bindingStored(slot, kind);
  }
}

/** Whether two flows are one: the same connection, or the same pair of UDP sockets. */
export function isSameFlow(one: FlowEnd, other: FlowEnd): boolean {
  return (
    one.remotePort === other.remotePort &&
    one.connectionId === other.connectionId &&
    one.socket === other.socket &&
    one.transport === other.transport &&
    one.remoteAddress === other.remoteAddress
  );
}

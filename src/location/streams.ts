/**
 * Which contacts hang on which stream, so that a closed connection is felt at once.
 *
 * @module
 */
import type { ContactTable } from "./contact-table.ts";
import type { LocationObserver, RemovalReason } from "./location.ts";

/** UDP, or a stream that is gone. */
const NO_CONNECTION = -1;

/** Bounded by the connections and contacts there are: an entry lives as long as both. */
export class Streams implements LocationObserver {
  readonly #table: ContactTable;
  readonly #slotsOf = new Map<number, Set<number>>();
  /** The stream each slot was last seen on. */
  readonly #streamOf = new Map<number, number>();

  constructor(table: ContactTable) {
    this.#table = table;
  }

  bindingStored(slot: number): void {
    const connectionId = this.#table.connectionId[slot] as number;
    if (this.#streamOf.get(slot) === connectionId) return;
    this.#forget(slot);
    if (connectionId === NO_CONNECTION) return;
    this.#streamOf.set(slot, connectionId);
    const slots = this.#slotsOf.get(connectionId);
    if (slots === undefined) this.#slotsOf.set(connectionId, new Set([slot]));
    else slots.add(slot);
  }

  bindingRemoved(slot: number, _reason: RemovalReason): void {
    this.#forget(slot);
  }

  /** Contacts whose stream has just closed; they have no flow from now on. */
  closed(connectionId: number): readonly number[] {
    const slots = [...(this.#slotsOf.get(connectionId) ?? [])];
    for (const slot of slots) {
      this.#forget(slot);
      this.#table.loseConnection(slot);
    }
    return slots;
  }

  #forget(slot: number): void {
    const connectionId = this.#streamOf.get(slot);
    if (connectionId === undefined) return;
    this.#streamOf.delete(slot);
    const slots = this.#slotsOf.get(connectionId);
    slots?.delete(slot);
    if (slots?.size === 0) this.#slotsOf.delete(connectionId);
  }
}

/**
 * What changed since the last batch, in order, for a store that lags behind.
 *
 * Only bindings are journaled: a probe changes nothing that is stored.
 *
 * @module
 */
import type { JournalEntry } from "./contact-view.ts";
import type { LocationObserver, StoreKind } from "./location.ts";

/** Collects entries until they are taken; the engine takes them many times a second. */
export class Journal implements LocationObserver {
  #entries: JournalEntry[] = [];
  readonly #read: (slot: number) => JournalEntry & { kind: "stored" };
  readonly #ruidOf: (slot: number) => string;

  /** @param options.read makes the entry of a contact as it is now */
  constructor(options: {
    read: (slot: number) => JournalEntry & { kind: "stored" };
    ruidOf: (slot: number) => string;
  }) {
    this.#read = options.read;
    this.#ruidOf = options.ruidOf;
  }

  bindingStored(slot: number, kind: StoreKind): void {
    if (kind !== "restored") this.#entries.push(this.#read(slot));
  }

  bindingRemoved(slot: number): void {
    this.#entries.push({ kind: "removed", ruid: this.#ruidOf(slot) });
  }

  /** Entries waiting to be taken. */
  get size(): number {
    return this.#entries.length;
  }

  /** Hands over everything collected so far. */
  take(): JournalEntry[] {
    const entries = this.#entries;
    this.#entries = [];
    return entries;
  }
}

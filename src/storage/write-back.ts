/**
 * Changes that wait for the store, newest per binding, written in small transactions once per interval.
 *
 *      journal --accept()--> [ waiting ] --flush--> [ flushing ] --200 rows--> Store.apply()
 *                                 ^                      |
 *                                 +----- it failed ------+
 *
 * A REGISTER is answered before it is stored: a crash loses what was accepted since the last flush, at most
 * `location.flush_interval`. A store that fails loses nothing: its changes wait and are tried again, ever more slowly.
 *
 * @module
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { BindingRow, JournalEntry } from "../location/contact-view.ts";
import { type Store, StoreError, type StoreErrorCode, type StoreObserver } from "./store.ts";

/** Rows of one transaction: with the driver of SQLite the thread is blocked for 5 to 10 ms. */
const BATCH_ROWS = 200;
/** Waiting rows at which a flush begins at once: a full table that changed in one interval. */
const WAITING_ROWS_FULL = 1_000_000;
/** Rows that wait while the store fails, times the above; further bindings are dropped and counted. */
const OVERFLOW_FACTOR = 2;
/** Longest pause after a failure: a repaired disk is noticed within half a minute. */
const RETRY_PAUSE_MS_MAX = 30_000;
/** Last tries at the end of the process; each waits for locks as long as the store does. */
const CLOSE_TRIES = 5;
/** Ruids known to be in the store; V8 refuses sets beyond 2^24. */
const STORED_RUIDS_MAX = 10_000_000;

/** How a binding stands towards the store, in Kamailio's words CS_NEW, CS_DIRTY, CS_SYNC. */
export type Persistence =
  /** Not stored yet. */
  | "new"
  /** Stored, and changed since. */
  | "dirty"
  /** Stored as it is. */
  | "synced";

/** What `openWriteBack` needs. */
export interface WriteBackOptions {
  /** Stays open after `close`: it belongs to whoever opened it. */
  readonly store: Store;
  readonly clock: Clock;
  readonly flushIntervalMs: number;
  readonly observer: StoreObserver;
  readonly log: Log;
  /** Waiting rows at which a flush begins at once; 1,000,000 unless a test says otherwise. */
  readonly waitingRowsFull?: number;
}

/** The queue between the engine's journal and the store. */
export interface WriteBack {
  /** Takes over changes; the last one of a ruid wins. */
  accept(entries: readonly JournalEntry[]): void;
  /** Notes that these bindings are in the store: they were just loaded from it. */
  remember(rows: readonly BindingRow[]): void;
  persistence(ruid: string): Persistence;
  /** Changes not yet stored. */
  readonly waitingRows: number;
  /** Changes given up since the start, because too many waited or the queue was closed. */
  readonly droppedRows: number;
  /**
   * Stores everything accepted before the call.
   *
   * @throws {StoreError} what is not stored yet waits for the next flush
   */
  flush(): Promise<void>;
  /**
   * Flushes for the last time, trying a few times; safe to call twice.
   *
   * @throws {StoreError} the rest is lost, and was logged
   */
  close(): Promise<void>;
}

/** Starts accepting changes for a store. */
export function openWriteBack(options: WriteBackOptions): WriteBack {
  return new WriteBackQueue(options);
}

class WriteBackQueue implements WriteBack {
  droppedRows = 0;
  readonly #options: WriteBackOptions;
  readonly #waitingRowsFull: number;
  #waiting = new Map<string, JournalEntry>();
  /** Taken by the flush that runs; what is stored leaves it. */
  #flushing = new Map<string, JournalEntry>();
  readonly #stored = new Set<string>();
  #running: Promise<void> | null = null;
  #cancelTimer: (() => void) | null = null;
  #failuresInARow = 0;
  /** The failure that was logged last; `null` while all is well. */
  #failing: StoreErrorCode | null = null;
  #isFull = false;
  #closing: Promise<void> | null = null;

  constructor(options: WriteBackOptions) {
    this.#options = options;
    this.#waitingRowsFull = options.waitingRowsFull ?? WAITING_ROWS_FULL;
  }

  get waitingRows(): number {
    return this.#waiting.size + this.#flushing.size;
  }

  accept(entries: readonly JournalEntry[]): void {
    const { log, observer, store } = this.#options;
    let dropped = 0;
    for (const entry of entries) if (!this.#hold(entry)) dropped++;
    if (dropped > 0) {
      if (this.droppedRows === 0) log.error("bindings dropped", { rows: dropped, waiting: this.waitingRows });
      this.droppedRows += dropped;
      observer.operationFailed(store.backend, "flush", "STORE_OVERFLOW");
    }
    if (this.waitingRows >= this.#waitingRowsFull) this.#flushNow();
    this.#schedule();
  }

  remember(rows: readonly BindingRow[]): void {
    for (const row of rows) this.#noteStored(row.ruid);
  }

  persistence(ruid: string): Persistence {
    // A binding nobody has told the queue of yet is on its way here from the engine: new, and not stored.
    if (!this.#stored.has(ruid)) return "new";
    return this.#waiting.has(ruid) || this.#flushing.has(ruid) ? "dirty" : "synced";
  }

  async flush(): Promise<void> {
    // One that runs may have begun before the last change was accepted.
    while (this.#running !== null) await this.#running.catch(() => {}); // Whoever began it hears of its failure.
    if (this.#waiting.size === 0) return;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#running = this.#drain();
    try {
      await this.#running;
    } finally {
      this.#running = null;
      this.#schedule();
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  /** @returns `false` when there is no room */
  #hold(entry: JournalEntry): boolean {
    const ruid = ruidOf(entry);
    const isRoomLeft = this.waitingRows < this.#waitingRowsFull * OVERFLOW_FACTOR || this.#waiting.has(ruid);
    if (!isRoomLeft || this.#closing !== null) return false;
    this.#waiting.set(ruid, entry);
    return true;
  }

  /** Sees to it that whatever waits is flushed in time. */
  #schedule(): void {
    const isIdle = this.#running === null && this.#cancelTimer === null && this.#closing === null;
    if (!isIdle || this.#waiting.size === 0) return;
    const { clock, flushIntervalMs } = this.#options;
    const longestMs = Math.max(RETRY_PAUSE_MS_MAX, flushIntervalMs);
    const delayMs = Math.min(flushIntervalMs * 2 ** this.#failuresInARow, longestMs);
    this.#cancelTimer = clock.after(delayMs, () => {
      this.#cancelTimer = null;
      this.#flushInBackground();
    });
  }

  /** The queue is full. While the store fails this would only be the same failure, more often. */
  #flushNow(): void {
    if (this.#isFull || this.#failing !== null) return;
    this.#isFull = true;
    this.#options.log.warn("write-back queue filled", { waiting: this.waitingRows });
    this.#flushInBackground();
  }

  #flushInBackground(): void {
    this.flush().catch(() => {}); // Counted and logged where it happened; the next try is scheduled.
  }

  async #drain(): Promise<void> {
    this.#flushing = this.#waiting;
    this.#waiting = new Map();
    try {
      let batch: JournalEntry[] = [];
      for (const entry of this.#flushing.values()) {
        batch.push(entry);
        if (batch.length < BATCH_ROWS) continue;
        await this.#apply(batch);
        batch = [];
        await nextTurn();
      }
      if (batch.length > 0) await this.#apply(batch);
      this.#recovered();
    } catch (error) {
      this.#putBack();
      throw this.#failed(error);
    }
  }

  async #apply(batch: readonly JournalEntry[]): Promise<void> {
    const { clock, observer, store } = this.#options;
    const startedMs = clock.monotonicMs();
    await store.apply(batch);
    for (const entry of batch) {
      const ruid = ruidOf(entry);
      this.#flushing.delete(ruid);
      if (entry.kind === "stored") this.#noteStored(ruid);
      else this.#stored.delete(ruid);
    }
    observer.operationDone(store.backend, "flush", clock.monotonicMs() - startedMs, batch.length);
  }

  #noteStored(ruid: string): void {
    if (this.#stored.size < STORED_RUIDS_MAX) this.#stored.add(ruid);
  }

  /** What was not stored waits again; changes accepted meanwhile are newer. */
  #putBack(): void {
    for (const [ruid, entry] of this.#waiting) this.#flushing.set(ruid, entry);
    this.#waiting = this.#flushing;
    this.#flushing = new Map();
  }

  #failed(error: unknown): StoreError {
    const { log, observer, store } = this.#options;
    const failure = error instanceof StoreError ? error : new StoreError("STORE_FAILED", String(error), error);
    observer.operationFailed(store.backend, "flush", failure.code);
    this.#failuresInARow++;
    if (this.#failing !== failure.code) {
      log.error("flush failed", { code: failure.code, reason: failure.message, waiting: this.waitingRows });
    }
    this.#failing = failure.code;
    return failure;
  }

  #recovered(): void {
    if (this.#failing !== null) this.#options.log.info("flush recovered", { failures: this.#failuresInARow });
    this.#failing = null;
    this.#failuresInARow = 0;
    this.#isFull = false;
  }

  async #finish(): Promise<void> {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    let failure: unknown = null;
    for (let tries = 0; tries < CLOSE_TRIES; tries++) {
      try {
        await this.flush();
        return;
      } catch (error) {
        failure = error;
        await nextTurn();
      }
    }
    this.#options.log.error("bindings lost", { rows: this.waitingRows });
    throw failure;
  }
}

const ruidOf = (entry: JournalEntry): string => (entry.kind === "stored" ? entry.row.ruid : entry.ruid);

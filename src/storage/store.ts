/**
 * What the daemon asks of a location store, whatever database is behind it.
 *
 *      journal of the engine --> WriteBack --apply()--> [ Store ] --load()--> EnginePort.restore()
 *
 * A store keeps bindings only: no probe ever changes a row. It knows neither metrics nor log lines; it tells a
 * `StoreObserver`.
 *
 * @module
 */
import type { BindingRow, JournalEntry } from "../location/contact-view.ts";

/** Databases a store can be made of; a closed set, used as a label. */
export type StoreBackend = "sqlite";

/** What a store does; a closed set, used as a label. */
export type StoreOperation = "open" | "load" | "flush";

/** Why a store refused or failed; stable, may be matched and counted. */
export type StoreErrorCode =
  /** The path is a directory. */
  | "STORE_IS_DIRECTORY"
  /** The path is neither missing nor a regular file. */
  | "STORE_NOT_A_FILE"
  /** The directory that should hold the file does not exist. */
  | "STORE_NO_DIRECTORY"
  /** The file or its directory cannot be read and written. */
  | "STORE_NO_PERMISSION"
  /** The file holds something else. */
  | "STORE_NOT_SQLITE"
  /** The database is damaged. */
  | "STORE_CORRUPT"
  /** A database, but not one with our tables in a version we know. */
  | "STORE_FOREIGN_SCHEMA"
  /** Another daemon works on the same file. */
  | "STORE_IN_USE"
  /** Another program held a lock for too long; trying again helps. */
  | "STORE_BUSY"
  /** No room on the disk. */
  | "STORE_FULL"
  /** The disk or file system failed. */
  | "STORE_IO"
  /** More changes wait than may be kept; only counted, never thrown. */
  | "STORE_OVERFLOW"
  /** The store was closed before. */
  | "STORE_CLOSED"
  /** Anything else; the cause says more. */
  | "STORE_FAILED";

/** A store cannot be opened, read or written. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: StoreErrorCode;

  /** @param message one sentence: the path, what is wrong, what would have been right */
  constructor(code: StoreErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** What the rest of the daemon may learn about the store. Must not throw. */
export interface StoreObserver {
  /** @param rows bindings written or read; 0 for `open` */
  operationDone(backend: StoreBackend, operation: StoreOperation, durationMs: number, rows: number): void;
  operationFailed(backend: StoreBackend, operation: StoreOperation, code: StoreErrorCode): void;
}

/** Why a stored row was left out of a load; a closed set. Such a row stays in the database as it is. */
export type UnreadableReason =
  | "no_ruid"
  | "no_aor"
  | "no_contact"
  /** `expires` or `last_modified` is not a time. */
  | "bad_date"
  /** `cseq`, `q`, `reg_id`, `server_id` or `connection_id` is not a number. */
  | "bad_number"
  /** `expires` 0: Kamailio's contacts without an end, which we do not have. */
  | "permanent"
  /** Written by another program, and no numeric address says where the phone is. */
  | "unknown_flow";

/** Bindings that survive the process. */
export interface Store {
  readonly backend: StoreBackend;
  /**
   * Every stored binding that has not expired, in pages; removes the expired ones on the way. Before the first `apply`.
   *
   * @param pageSize most rows of one page
   * @throws {StoreError} from the iteration
   */
  load(pageSize: number): AsyncIterable<readonly BindingRow[]>;
  /**
   * Makes a batch of changes in one transaction: all or none. Doing it twice is the same as once; of several entries
   * of one ruid the last one wins.
   *
   * @throws {StoreError} nothing of the batch was stored
   */
  apply(batch: readonly JournalEntry[]): Promise<void>;
  /** Safe to call twice. */
  close(): Promise<void>;
}

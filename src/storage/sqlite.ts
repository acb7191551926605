/**
 * The embedded store: one SQLite file in WAL mode, opened with care and owned by one daemon.
 *
 *      path --> real path --> owner lock --> look (read only) --> open, create what is missing --> KyselyStore
 *
 * The driver is synchronous: a call blocks the thread it runs on, which is why batches are small and this thread is not
 * the engine's.
 *
 * @module
 */
import Database from "better-sqlite3";
import { Kysely, type SqliteDatabase, SqliteDialect } from "kysely";
import { KyselyStore, type StoreParts } from "./kysely-store.ts";
import { completeSchema, readSchema } from "./location-schema.ts";
import { lockOwner } from "./owner-lock.ts";
import { storeErrorOf } from "./sqlite-errors.ts";
import { inspectDatabaseFile, resolveDatabasePath } from "./sqlite-file.ts";
import type { Store } from "./store.ts";

/** How long a statement waits for other programs, with the thread blocked; a failed flush is tried again anyway. */
const BUSY_TIMEOUT_MS = 200;
/** Room the WAL keeps on the disk after a checkpoint. */
const WAL_KEPT_OCTETS = 16 * 1_024 * 1_024;
/** Distinct statements kept prepared; the store has about ten. */
const PREPARED_MAX = 32;

/** What `openSqliteStore` needs. */
export interface SqliteStoreOptions extends Pick<StoreParts, "clock" | "observer" | "onUnreadable"> {
  /** File name, absolute or from the working directory; created when it does not exist. */
  readonly path: string;
}

/**
 * Opens or creates a database file.
 *
 * @throws {StoreError} the file is not ours to write, and is as it was
 */
export function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const { path, clock, observer, onUnreadable } = options;
  const startedMs = clock.monotonicMs();
  return Promise.try(() => openOwned(resolveDatabasePath(path))).then(
    ({ db, realPath, release }) => {
      observer.operationDone("sqlite", "open", clock.monotonicMs() - startedMs, 0);
      return new KyselyStore({
        ...{ clock, observer, onUnreadable, backend: "sqlite", errorOf: (error) => storeErrorOf(error, realPath) },
        db: new Kysely({ dialect: new SqliteDialect({ database: preparedOnce(db) }) }),
        afterClose: () => {
          db.close();
          release();
        },
      });
    },
    (error: unknown) => {
      const failure = storeErrorOf(error, path);
      observer.operationFailed("sqlite", "open", failure.code);
      throw failure;
    },
  );
}

interface OwnedDatabase {
  readonly db: Database.Database;
  readonly realPath: string;
  release(): void;
}

function openOwned(realPath: string): OwnedDatabase {
  const lock = lockOwner(realPath);
  try {
    inspectDatabaseFile(realPath);
    return { db: openForWriting(realPath), realPath, release: () => lock.release() };
  } catch (error) {
    lock.undo();
    throw error;
  }
}

function openForWriting(path: string): Database.Database {
  const db = new Database(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    // Once more, now under a lock that keeps other programs from changing the answer.
    db.transaction(() => completeSchema(db, readSchema(db, path))).immediate();
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = NORMAL");
    db.pragma(`journal_size_limit = ${WAL_KEPT_OCTETS}`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** The database as Kysely wants it, with its few statements prepared once instead of once per row. */
function preparedOnce(db: Database.Database): SqliteDatabase {
  const prepared = new Map<string, Database.Statement>();
  // SQLite ends a transaction by itself when the disk is full; a second end would hide why.
  const nothing = {
    reader: false,
    all: () => [],
    run: () => ({ changes: 0, lastInsertRowid: 0 }),
    iterate: () => [].values(),
  };
  return {
    close: () => void db.close(),
    prepare: (sql) => {
      if (sql === "rollback" && !db.inTransaction) return nothing;
      const known = prepared.get(sql);
      if (known !== undefined) return known as never;
      const statement = db.prepare(sql);
      if (prepared.size < PREPARED_MAX) prepared.set(sql, statement);
      return statement as never;
    },
  };
}

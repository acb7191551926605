/**
 * One daemon per database file, and no lock that outlives its daemon.
 *
 * The lock is on a file of its own, `<path>-owner`, empty and left behind: the operating system drops a lock with the
 * process that holds it, however that process ended. The database itself stays open to others (a backup, `sqlite3`,
 * a Kamailio that looks contacts up), which `locking_mode=EXCLUSIVE` would shut out.
 *
 * @module
 */
import { existsSync, rmSync } from "node:fs";
import Database from "better-sqlite3";
import { StoreError } from "./store.ts";

const OWNER_SUFFIX = "-owner";
/** A daemon that is just ending may still hold its lock. Blocks the event loop, at start only. */
const OWNER_WAIT_MS = 250;

/** Held until it is released or the process ends. */
export interface OwnerLock {
  release(): void;
  /** Releases, and removes the lock file if this call made it: the database was none of ours. */
  undo(): void;
}

/**
 * Takes the lock of a database file, which need not exist yet.
 *
 * @throws {StoreError} `STORE_IN_USE`, `STORE_NO_PERMISSION`
 */
export function lockOwner(path: string): OwnerLock {
  const lockPath = `${path}${OWNER_SUFFIX}`;
  const existed = existsSync(lockPath);
  const file = openLockFile(path, lockPath);
  try {
    file.pragma("journal_mode = MEMORY"); // Nothing is ever written, but a journal file would be created.
    file.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    file.close();
    throw new StoreError("STORE_IN_USE", `${path} is in use by another sipulse; give each its own location.url`, error);
  }
  return {
    release: () => void file.close(),
    undo: () => {
      // While it is still locked: whoever opened it meanwhile finds a database that is refused to him too.
      if (!existed) rmSync(lockPath, { force: true });
      file.close();
    },
  };
}

function openLockFile(path: string, lockPath: string): Database.Database {
  try {
    return new Database(lockPath, { timeout: OWNER_WAIT_MS });
  } catch (error) {
    throw new StoreError(
      "STORE_NO_PERMISSION",
      `${lockPath} cannot be created; the directory of ${path} must be writable for this user`,
      error,
    );
  }
}

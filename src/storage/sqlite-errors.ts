/**
 * SQLite's result codes as ours.
 *
 * @module
 */
import { StoreError, type StoreErrorCode } from "./store.ts";

/** Beginnings of SQLite's codes, extended codes included (https://sqlite.org/rescode.html), and what they mean. */
const MEANINGS: readonly (readonly [prefix: string, code: StoreErrorCode, meaning: string])[] = [
  ["SQLITE_BUSY", "STORE_BUSY", "is locked by another program"],
  ["SQLITE_LOCKED", "STORE_BUSY", "is locked by another program"],
  ["SQLITE_FULL", "STORE_FULL", "cannot grow; the disk must have room"],
  ["SQLITE_NOTADB", "STORE_NOT_SQLITE", "is not an SQLite database; it must be one, or not exist"],
  ["SQLITE_CORRUPT", "STORE_CORRUPT", "is a damaged database; restore a backup or move the file away"],
  ["SQLITE_READONLY", "STORE_NO_PERMISSION", "cannot be written; file and directory must be writable for this user"],
  ["SQLITE_PERM", "STORE_NO_PERMISSION", "cannot be written; file and directory must be writable for this user"],
  ["SQLITE_CANTOPEN", "STORE_NO_PERMISSION", "cannot be opened; file and directory must be writable for this user"],
  ["SQLITE_IOERR", "STORE_IO", "cannot be read or written; the disk failed"],
];

/** SQLite's code of an error, e.g. `SQLITE_BUSY_SNAPSHOT`; '' for any other error. */
export function sqliteCodeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : "";
  return typeof code === "string" && code.startsWith("SQLITE_") ? code : "";
}

/** Any error of the driver as a `StoreError` that names the file; a `StoreError` as it is. */
export function storeErrorOf(error: unknown, path: string): StoreError {
  if (error instanceof StoreError) return error;
  const sqliteCode = sqliteCodeOf(error);
  for (const [prefix, code, meaning] of MEANINGS) {
    if (sqliteCode.startsWith(prefix)) return new StoreError(code, `${path} ${meaning} (${sqliteCode})`, error);
  }
  const text = error instanceof Error ? error.message : String(error);
  return new StoreError("STORE_FAILED", `${path} failed: ${text}`, error);
}

/**
 * Looks at a database file before anything is written to it.
 *
 * A file that is refused stays as it was, byte for byte, with nothing new beside it: an operator who mistyped
 * `location.url` must not lose another program's data.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { closeSync, existsSync, openSync, readSync, realpathSync, rmSync, type Stats, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import Database from "better-sqlite3";
import { readSchema } from "./location-schema.ts";
import { sqliteCodeOf, storeErrorOf } from "./sqlite-errors.ts";
import { StoreError } from "./store.ts";

/** Files that SQLite puts beside a database in WAL mode, also when it only reads. */
const SIDE_FILES = ["-wal", "-shm"] as const;
/** The first octets of every database (https://sqlite.org/fileformat.html §1.2). */
const MAGIC = Buffer.from("SQLite format 3\0", "latin1");

/**
 * The real path of a database file, the same for every name of it, whether it exists or not.
 *
 * @throws {StoreError} `STORE_NO_DIRECTORY`, `STORE_IS_DIRECTORY`, `STORE_NOT_A_FILE`, `STORE_NO_PERMISSION`
 */
export function resolveDatabasePath(path: string): string {
  const absolute = resolve(path);
  const found = statOrNull(absolute);
  if (found?.isFile()) return realpathSync(absolute);
  if (found?.isDirectory()) {
    throw new StoreError("STORE_IS_DIRECTORY", `${absolute} is a directory; it must be a database file, or not exist`);
  }
  if (found !== null) {
    throw new StoreError("STORE_NOT_A_FILE", `${absolute} is not a regular file; it must be a database, or not exist`);
  }
  const directory = dirname(absolute);
  if (!statOrNull(directory)?.isDirectory()) {
    throw new StoreError("STORE_NO_DIRECTORY", `${absolute} cannot be created; ${directory} must be a directory`);
  }
  return join(realpathSync(directory), basename(absolute));
}

/** `null` when there is nothing of that name. */
function statOrNull(path: string): Stats | null {
  try {
    return statSync(path, { throwIfNoEntry: false }) ?? null;
  } catch (error) {
    throw new StoreError(
      "STORE_NO_PERMISSION",
      `${path} cannot be reached (${codeOf(error)}); its directories must be open to this user`,
      error,
    );
  }
}

/**
 * Checks that an existing file is ours to write: permissions, integrity, schema. Needs the owner lock.
 *
 * @param path a real path
 * @throws {StoreError}
 */
export function inspectDatabaseFile(path: string): void {
  if (!existsSync(path)) return;
  checkHeader(path);
  const added = SIDE_FILES.map((suffix) => path + suffix).filter((name) => !existsSync(name));
  try {
    inspect(path);
  } catch (error) {
    for (const name of added) rmSync(name, { force: true });
    throw error;
  }
}

/** Opening says more than the mode bits: it also knows read-only file systems. */
function checkHeader(path: string): void {
  let file: number;
  try {
    file = openSync(path, "r+");
  } catch (error) {
    const message = `${path} cannot be opened for reading and writing (${codeOf(error)}); it must belong to this user`;
    throw new StoreError("STORE_NO_PERMISSION", message, error);
  }
  const header = Buffer.alloc(MAGIC.length);
  const found = readSync(file, header, 0, header.length, 0);
  closeSync(file);
  // SQLite itself takes a file of one octet for an empty database.
  if (found > 0 && !header.equals(MAGIC)) {
    throw new StoreError("STORE_NOT_SQLITE", `${path} is not an SQLite database; it must be one, or not exist`);
  }
}

function inspect(path: string): void {
  let db: Database.Database | null = null;
  try {
    db = new Database(path, { readonly: true, fileMustExist: true });
    readSchema(db, path);
    const verdict = db.pragma("quick_check(1)", { simple: true });
    if (verdict !== "ok") {
      throw new StoreError(
        "STORE_CORRUPT",
        `${path} is a damaged database (${String(verdict)}); restore a backup or move the file away`,
      );
    }
  } catch (error) {
    // A writer died in the middle: only a writer may roll that back. What it is shows when it is opened for writing.
    if (sqliteCodeOf(error) === "SQLITE_READONLY_ROLLBACK") return;
    throw storeErrorOf(error, path);
  } finally {
    db?.close();
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

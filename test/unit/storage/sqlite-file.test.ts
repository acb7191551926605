import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { startProcess } from "../../support/processes.ts";
import { aDirectory, fingerprint, loadAll, openStoreAt, stored } from "./builders.ts";

/** Makes a database, without a WAL unless asked. */
function makeDatabase(path: string, sql: string): void {
  const db = new Database(path);
  db.exec(sql);
  db.close();
}

/** A store of ours, closed, with enough rows to be many pages long. */
async function makeStore(path: string): Promise<void> {
  const { store } = await openStoreAt(path);
  await store.apply(Array.from({ length: 500 }, (_, i) => stored({ ruid: `uloc-${i}` })));
  await store.close();
}

/** Runs SQL on a closed store of ours and leaves it without a WAL. */
async function makeStoreThen(path: string, sql: string): Promise<void> {
  await makeStore(path);
  makeDatabase(path, `PRAGMA journal_mode = DELETE; ${sql}`);
}

/** The user `nobody`: root may write everything. */
const NOBODY = 65_534;

/** Until the end of the block this process may do no more than any user. */
function asNobody(): Disposable {
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(NOBODY);
  return { [Symbol.dispose]: () => void (isRoot && process.seteuid?.(0)) };
}

/** Changes the mode of a file or directory until the end of the block. */
function withMode(path: string, mode: number): Disposable {
  const before = statSync(path).mode;
  chmodSync(path, mode);
  return { [Symbol.dispose]: () => chmodSync(path, before) };
}

/** Kamailio's tables as its own script makes them, without ours. */
const KAMAILIO_ONLY = "DROP TABLE sipulse_binding; DELETE FROM version WHERE table_name = 'sipulse_binding';";

const refusals: readonly { what: string; code: string; says: RegExp; make: (path: string) => void | Promise<void> }[] =
  [
    { what: "a directory", code: "STORE_IS_DIRECTORY", says: /is a directory/, make: (path) => void mkdirSync(path) },
    {
      what: "a named pipe",
      ...{ code: "STORE_NOT_A_FILE", says: /not a regular file/ },
      make: (path) => void spawnSync("mkfifo", [path]),
    },
    {
      what: "a text file",
      ...{ code: "STORE_NOT_SQLITE", says: /is not an SQLite database/ },
      make: (path) => writeFileSync(path, "listen: udp:0.0.0.0:5060\n".repeat(400)),
    },
    {
      what: "a short text file",
      ...{ code: "STORE_NOT_SQLITE", says: /is not an SQLite database/ },
      make: (path) => writeFileSync(path, "x"),
    },
    {
      what: "a database of which half is missing",
      ...{ code: "STORE_CORRUPT", says: /damaged/ },
      make: async (path) => {
        await makeStore(path);
        truncateSync(path, readFileSync(path).length / 2);
      },
    },
    {
      what: "a database with a page overwritten",
      ...{ code: "STORE_CORRUPT", says: /damaged/ },
      make: async (path) => {
        await makeStore(path);
        const octets = readFileSync(path);
        writeFileSync(path, octets.fill(0xa5, octets.length - 8_192));
      },
    },
    {
      what: "the database of another program",
      ...{ code: "STORE_FOREIGN_SCHEMA", says: /something else \(albums, songs\)/ },
      make: (path) => makeDatabase(path, "CREATE TABLE albums (id); CREATE TABLE songs (id);"),
    },
    {
      what: "the database of another program in WAL mode",
      ...{ code: "STORE_FOREIGN_SCHEMA", says: /something else \(albums\)/ },
      make: (path) => makeDatabase(path, "PRAGMA journal_mode = WAL; CREATE TABLE albums (id);"),
    },
    {
      what: "the database of another program that died with a WAL",
      ...{ code: "STORE_FOREIGN_SCHEMA", says: /something else \(albums, songs\)/ },
      make: (path) => {
        const db = new Database(`${path}.alive`);
        db.exec("PRAGMA journal_mode = WAL; CREATE TABLE albums (id);");
        db.pragma("wal_checkpoint(TRUNCATE)");
        db.exec("CREATE TABLE songs (id);");
        for (const suffix of ["", "-wal"]) copyFileSync(`${path}.alive${suffix}`, `${path}${suffix}`);
        db.close();
      },
    },
    {
      what: "another table named location",
      ...{ code: "STORE_FOREIGN_SCHEMA", says: /location table without ruid, username/ },
      make: (path) => makeDatabase(path, "CREATE TABLE location (id INTEGER PRIMARY KEY, city TEXT);"),
    },
    {
      what: "a location table with a column more",
      ...{ code: "STORE_FOREIGN_SCHEMA", says: /unknown columns \(city\)/ },
      make: (path) => makeStoreThen(path, "ALTER TABLE location ADD COLUMN city TEXT;"),
    },
    {
      what: "a location table of version 8",
      ...{ code: "STORE_FOREIGN_SCHEMA", says: /version 8, not 9/ },
      make: (path) => makeStoreThen(path, "UPDATE version SET table_version = 8 WHERE table_name = 'location';"),
    },
    {
      what: "a location table without a version",
      ...{ code: "STORE_FOREIGN_SCHEMA", says: /version unknown, not 9/ },
      make: (path) => makeStoreThen(path, "DROP TABLE version;"),
    },
    {
      what: "a location table whose ruid is not unique",
      ...{ code: "STORE_FOREIGN_SCHEMA", says: /ruid is not unique/ },
      make: (path) =>
        makeStoreThen(
          path,
          "CREATE TABLE l AS SELECT * FROM location; DROP TABLE location; ALTER TABLE l RENAME TO location;",
        ),
    },
    {
      what: "a database of a later sipulse",
      ...{ code: "STORE_FOREIGN_SCHEMA", says: /sipulse_binding table of version 2, not 1/ },
      make: (path) => makeStoreThen(path, "UPDATE version SET table_version = 2 WHERE table_name = 'sipulse_binding';"),
    },
  ];

describe("openSqliteStore() refuses, and leaves every file as it was:", () => {
  test.each(refusals)("$what", async ({ code, says, make }) => {
    using directory = aDirectory();
    const path = directory.file();
    await make(path);
    const before = fingerprint(directory.path);
    const failure = await openStoreAt(path).then(
      () => null,
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ name: "StoreError", code, message: expect.stringMatching(says) });
    expect(failure).toMatchObject({ message: expect.stringContaining(path) });
    expect(fingerprint(directory.path)).toEqual(before);
  });

  test.each([
    { what: "a file that may only be read", file: 0o444, directory: 0o777 },
    { what: "a file that may not be read", file: 0o000, directory: 0o777 },
    { what: "a file in a directory that may not be written", file: 0o666, directory: 0o555 },
  ])("$what", async ({ file, directory: mode }) => {
    using directory = aDirectory();
    const path = directory.file("inner/sipulse.db");
    mkdirSync(dirname(path));
    await makeStoreThen(path, "");
    chmodSync(directory.path, 0o755);
    const before = fingerprint(directory.path);
    {
      using _file = withMode(path, file);
      using _directory = withMode(dirname(path), mode);
      using _user = asNobody();
      await expect(openStoreAt(path)).rejects.toMatchObject({ code: "STORE_NO_PERMISSION" });
    }
    expect(fingerprint(directory.path)).toEqual(before);
  });

  test("a path in a directory that does not exist", async () => {
    using directory = aDirectory();
    await expect(openStoreAt(directory.file("missing/sipulse.db"))).rejects.toMatchObject({
      code: "STORE_NO_DIRECTORY",
    });
    expect(fingerprint(directory.path)).toEqual({});
  });

  test("a path below a file", async () => {
    using directory = aDirectory();
    writeFileSync(directory.file("file"), "");
    await expect(openStoreAt(directory.file("file/sipulse.db"))).rejects.toMatchObject({ code: "STORE_NO_DIRECTORY" });
  });
});

describe("openSqliteStore() opens", () => {
  test.each([
    { what: "a file that does not exist", make: () => {} },
    { what: "an empty file", make: (path: string) => writeFileSync(path, "") },
    {
      what: "a database without tables",
      make: (path: string) => makeDatabase(path, "CREATE TABLE t (a); DROP TABLE t;"),
    },
    { what: "Kamailio's own database", make: (path: string) => makeStoreThen(path, KAMAILIO_ONLY) },
    { what: "its own database", make: (path: string) => makeStore(path) },
  ])("$what", async ({ make }) => {
    using directory = aDirectory();
    await make(directory.file());
    await using opened = await openStoreAt(directory.file());
    await opened.store.apply([stored({ ruid: "new" })]);
    expect((await loadAll(opened.store)).at(-1)?.ruid).toBe("new");
    expect(opened.recorder.lines[0]).toBe("sqlite open 0");
  });

  test("a new file whose name has every awkward character", async () => {
    using directory = aDirectory();
    const path = directory.file("a b?mode=ro#c%20ä.db");
    const { store } = await openStoreAt(path);
    await store.close();
    expect(existsSync(path)).toBe(true);
  });

  test("a closed store leaves one file and an empty owner file, no WAL", async () => {
    using directory = aDirectory();
    await makeStore(directory.file());
    expect(Object.keys(fingerprint(directory.path)).sort()).toEqual([
      directory.file(),
      directory.file("sipulse.db-owner"),
    ]);
    expect(readFileSync(directory.file("sipulse.db-owner"))).toHaveLength(0);
  });
});

describe("one daemon per file:", () => {
  test("a second one is refused, by whatever name it calls the file, and the first goes on", async () => {
    using directory = aDirectory();
    await using first = await openStoreAt(directory.file());
    symlinkSync(directory.file(), directory.file("link.db"));
    await expect(openStoreAt(directory.file())).rejects.toMatchObject({ code: "STORE_IN_USE" });
    await expect(openStoreAt(directory.file("link.db"))).rejects.toMatchObject({ code: "STORE_IN_USE" });
    await first.store.apply([stored()]);
    expect(await loadAll(first.store)).toHaveLength(1);
  });

  test("after close() the next one may open it", async () => {
    using directory = aDirectory();
    for (let i = 0; i < 2; i++) {
      const { store } = await openStoreAt(directory.file());
      await store.close();
    }
  });

  test("a killed one does not block the next, which finds everything that was flushed and nothing else", async () => {
    using directory = aDirectory();
    const script = join(import.meta.dirname, "owner-process.ts");
    await using owner = await startProcess(process.execPath, [script, directory.file()], {
      readyWhen: "ready: 50 waiting",
    });
    await expect(openStoreAt(directory.file())).rejects.toMatchObject({ code: "STORE_IN_USE" });

    process.kill(owner.pid, "SIGKILL");
    expect(await owner.ended).toEqual({ code: null, signal: "SIGKILL" });

    await using next = await openStoreAt(directory.file());
    const ruids = (await loadAll(next.store)).map((row) => row.ruid);
    expect(ruids).toEqual(Array.from({ length: 300 }, (_, i) => `flushed-${i}`));
  });

  test("beside an open store lie its WAL and the owner file, and no more", async () => {
    using directory = aDirectory();
    await using opened = await openStoreAt(directory.file());
    await opened.store.apply([stored()]);
    const names = ["sipulse.db", "sipulse.db-owner", "sipulse.db-shm", "sipulse.db-wal"];
    expect(readdirSync(directory.path).sort()).toEqual(names);
  });

  test("another program can read the bindings while it runs", async () => {
    using directory = aDirectory();
    await using opened = await openStoreAt(directory.file());
    await opened.store.apply([stored()]);
    const db = new Database(directory.file(), { readonly: true });
    expect(db.prepare("SELECT username FROM location").pluck().all()).toEqual(["alice"]);
    db.close();
  });
});

test("a disk that fills up fails the batch that does not fit, and every batch before it is kept", async () => {
  using directory = aDirectory();
  const script = join(import.meta.dirname, "full-disk-process.ts");
  // 512-octet blocks in a POSIX shell: no file of the process may grow beyond 1 MiB (2 MiB in some shells).
  const command = 'ulimit -f 2048 && exec "$0" "$@"';
  const child = spawnSync("sh", ["-c", command, process.execPath, script, directory.file()], { encoding: "utf8" });
  const told = JSON.parse(child.stdout || `"${child.stderr}"`);
  expect(told).toMatchObject({
    code: "STORE_IO",
    isStoreError: true,
    message: expect.stringContaining("SQLITE_IOERR"),
  });
  await using opened = await openStoreAt(directory.file());
  expect(await loadAll(opened.store)).toHaveLength(told.rows);
  expect(told.rows).toBeGreaterThan(0);
});

import { Buffer } from "node:buffer";
import Database from "better-sqlite3";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { BindingRow } from "../../../src/location/contact-view.ts";
import { aBinding, aDirectory, loadAll, NOW_MS, openStoreAt, removed, stored } from "./builders.ts";

/** Runs SQL on the file as another program would. */
function asAnotherProgram<T>(path: string, work: (db: Database.Database) => T): T {
  const db = new Database(path);
  try {
    return work(db);
  } finally {
    db.close();
  }
}

/** What Kamailio's db_sqlite writes for a time. */
const kamailioTime = (wallMs: number) => (Math.floor(wallMs / 1e3) - 0.5) / 86_400 + 2_440_587.5;

const text = fc.oneof(
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
  fc.string({ unit: "binary", maxLength: 20 }).map((utf8) => Buffer.from(utf8, "utf8").toString("latin1")),
);
const name = text.filter((value) => value !== "");
const textOrNull = fc.option(text);
const int31 = fc.nat(0x7fff_ffff);
const anyBinding: fc.Arbitrary<BindingRow> = fc.record({
  ...{ ruid: name, aor: name, address: name, callId: text, socket: text, flow: text },
  ...{ received: textOrNull, path: textOrNull, instance: textOrNull, userAgent: fc.option(name) },
  ...{ cseq: int31, regId: int31, serverId: int31, connectionId: fc.integer({ min: -1, max: 0x7fff_ffff }) },
  ...{ isNated: fc.boolean(), qThousandths: fc.integer({ min: -1, max: 1_000 }) },
  methods: fc.oneof(fc.constant(0xffff_ffff), fc.nat(0xffff_ffff)),
  expiresAtWallMs: fc.integer({ min: NOW_MS + 1, max: 253_402_300_799_999 }),
  lastModifiedWallMs: fc.integer({ min: 0, max: 253_402_300_799_999 }),
});

describe("a stored binding", () => {
  test("comes back with every field, whatever octets the phone sent", async () => {
    using directory = aDirectory();
    await using opened = await openStoreAt(directory.file());
    await fc.assert(
      fc.asyncProperty(anyBinding, async (row) => {
        await opened.store.apply([{ kind: "stored", row }]);
        expect(await loadAll(opened.store)).toEqual([row]);
        await opened.store.apply([removed(row.ruid)]);
        expect(await loadAll(opened.store)).toEqual([]);
      }),
      { numRuns: 200 },
    );
    expect(opened.unreadable).toEqual([]);
  });

  test("survives closing and opening again", async () => {
    using directory = aDirectory();
    {
      await using first = await openStoreAt(directory.file());
      await first.store.apply([stored()]);
    }
    await using second = await openStoreAt(directory.file());
    expect(await loadAll(second.store)).toEqual([aBinding()]);
  });

  test("stands in Kamailio's columns as Kamailio writes them", async () => {
    using directory = aDirectory();
    await using opened = await openStoreAt(directory.file());
    await opened.store.apply([stored({ qThousandths: 500 })]);
    const sql = "SELECT *, datetime(expires) AS expires_text, typeof(expires) AS expires_type FROM location";
    expect(asAnotherProgram(directory.file(), (db) => db.prepare(sql).get())).toMatchObject({
      ...{ ruid: "uloc-1", username: "alice", domain: "example.org", contact: "sip:alice@10.0.0.7:5060" },
      ...{ q: 0.5, methods: null, connection_id: -1, keepalive: 1, cflags: 64, flags: 0, partition: 0 },
      ...{ expires_text: "2027-01-15 09:00:00", expires_type: "real", instance: null, path: null },
    });
  });

  test("without a domain has NULL there, as with Kamailio's use_domain 0", async () => {
    using directory = aDirectory();
    await using opened = await openStoreAt(directory.file());
    await opened.store.apply([stored({ aor: "alice" })]);
    const sql = "SELECT username, domain FROM location";
    expect(asAnotherProgram(directory.file(), (db) => db.prepare(sql).get())).toEqual({
      username: "alice",
      domain: null,
    });
  });
});

describe("apply()", () => {
  test("takes the last entry of a ruid, and doing it twice changes nothing", async () => {
    using directory = aDirectory();
    await using opened = await openStoreAt(directory.file());
    const batch = [
      ...[stored({ ruid: "a", cseq: 1 }), removed("a"), stored({ ruid: "a", cseq: 2 })],
      ...[stored({ ruid: "b" }), removed("b"), removed("never seen")],
    ];
    await opened.store.apply(batch);
    await opened.store.apply(batch);
    expect(await loadAll(opened.store)).toEqual([aBinding({ ruid: "a", cseq: 2 })]);
  });

  test("stores all of a batch or nothing", async () => {
    using directory = aDirectory();
    await using opened = await openStoreAt(directory.file());
    const broken = stored({ ruid: "b", cseq: Number.NaN });
    await expect(opened.store.apply([stored({ ruid: "a" }), broken])).rejects.toMatchObject({ code: "STORE_FAILED" });
    expect(await loadAll(opened.store)).toEqual([]);
    await opened.store.apply([stored({ ruid: "a" })]);
    expect(await loadAll(opened.store)).toHaveLength(1);
  });

  test("fails as busy while another program writes, and works again afterwards", async () => {
    using directory = aDirectory();
    await using opened = await openStoreAt(directory.file());
    const other = new Database(directory.file());
    other.exec("BEGIN IMMEDIATE");
    await expect(opened.store.apply([stored()])).rejects.toMatchObject({ code: "STORE_BUSY" });
    other.exec("ROLLBACK");
    other.close();
    await opened.store.apply([stored()]);
    expect(await loadAll(opened.store)).toHaveLength(1);
  });

  test("after close() is refused; closing twice is not", async () => {
    using directory = aDirectory();
    const { store } = await openStoreAt(directory.file());
    await store.close();
    await store.close();
    await expect(store.apply([stored()])).rejects.toMatchObject({ code: "STORE_CLOSED" });
  });
});

describe("load()", () => {
  test.each([1, 2, 3, 10])("hands over every binding once, in pages of %i", async (pageSize) => {
    using directory = aDirectory();
    await using opened = await openStoreAt(directory.file());
    const ruids = ["a", "b", "c", "d", "e", "f"];
    await opened.store.apply(ruids.map((ruid) => stored({ ruid })));
    const pages = await Array.fromAsync(opened.store.load(pageSize));
    expect(pages.flat().map((row) => row.ruid)).toEqual(ruids);
    expect(pages.every((page) => page.length <= pageSize)).toBe(true);
    expect(opened.recorder.lines.at(-1)).toBe("sqlite load 6");
  });

  test("removes what expired, also in the middle of a page, and nothing else", async () => {
    using directory = aDirectory();
    await using opened = await openStoreAt(directory.file());
    await opened.store.apply([
      stored({ ruid: "gone", expiresAtWallMs: NOW_MS - 60_000 }),
      stored({ ruid: "now", expiresAtWallMs: NOW_MS }),
      stored({ ruid: "soon", expiresAtWallMs: NOW_MS + 1 }),
      stored({ ruid: "gone too", expiresAtWallMs: NOW_MS - 1 }),
    ]);
    const rows = await loadAll(opened.store, 2);
    expect(rows.map((row) => row.ruid)).toEqual(["soon"]);
    const left = asAnotherProgram(directory.file(), (db) => [
      db.prepare("SELECT ruid FROM location").pluck().all(),
      db.prepare("SELECT ruid FROM sipulse_binding").pluck().all(),
    ]);
    expect(left).toEqual([["soon"], ["soon"]]);
  });

  test("reads a row that Kamailio wrote, and derives its flow", async () => {
    using directory = aDirectory();
    await using opened = await openStoreAt(directory.file());
    asAnotherProgram(directory.file(), (db) =>
      db
        .prepare(
          `INSERT INTO location (ruid, username, contact, received, expires, q, callid, cseq, last_modified, user_agent, socket, connection_id, methods)
           VALUES ('uloc-k', 'bob', 'sip:bob@10.0.0.9', 'sip:192.0.2.9:5062;transport=tcp', ?, -1.0, 'c', 7, ?, 'n/a', 'tcp:198.51.100.1:5060', 3, -1)`,
        )
        .run(kamailioTime(NOW_MS + 60_000), kamailioTime(NOW_MS)),
    );
    expect(await loadAll(opened.store)).toEqual([
      aBinding({
        ...{ ruid: "uloc-k", aor: "bob", address: "sip:bob@10.0.0.9", received: "sip:192.0.2.9:5062;transport=tcp" },
        ...{ expiresAtWallMs: NOW_MS + 60_000, lastModifiedWallMs: NOW_MS, callId: "c", cseq: 7, userAgent: "n/a" },
        ...{ socket: "tcp:198.51.100.1:5060", connectionId: 3, isNated: false, flow: "tcp:192.0.2.9:5062" },
      }),
    ]);
  });

  test("does not trust our flow for a row that another program refreshed", async () => {
    using directory = aDirectory();
    await using opened = await openStoreAt(directory.file());
    await opened.store.apply([stored()]);
    asAnotherProgram(directory.file(), (db) =>
      db
        .prepare("UPDATE location SET last_modified = ?, received = 'sip:192.0.2.99:1234'")
        .run(kamailioTime(NOW_MS + 1_000)),
    );
    const [row] = await loadAll(opened.store);
    expect(row).toMatchObject({ flow: "udp:192.0.2.99:1234", lastModifiedWallMs: NOW_MS + 1_000 });
  });

  test("drops what we noted about rows that another program deleted", async () => {
    using directory = aDirectory();
    await using opened = await openStoreAt(directory.file());
    await opened.store.apply([stored({ ruid: "a" }), stored({ ruid: "b" })]);
    asAnotherProgram(directory.file(), (db) => db.exec("DELETE FROM location WHERE ruid = 'a'"));
    await loadAll(opened.store);
    const noted = asAnotherProgram(directory.file(), (db) =>
      db.prepare("SELECT ruid FROM sipulse_binding").pluck().all(),
    );
    expect(noted).toEqual(["b"]);
  });

  test.each([
    { set: "contact = ''", reason: "no_contact", because: "nobody can be reached" },
    { set: "username = '', domain = NULL", reason: "no_aor", because: "it belongs to nobody" },
    { set: "expires = 'whenever'", reason: "bad_date", because: "it is no time" },
    { set: "last_modified = 'x'", reason: "bad_date", because: "it is no time" },
    { set: "expires = 2440587.49999421", reason: "permanent", because: "Kamailio writes 0 for 'without end'" },
    { set: "cseq = 'many'", reason: "bad_number", because: "SQLite keeps any text in a number column" },
    { set: "q = 'best'", reason: "bad_number", because: "SQLite keeps any text in a number column" },
    {
      set: "received = NULL, contact = 'sip:a@phone.example', expires = expires + 1",
      reason: "unknown_flow",
      because: "a name is not looked up",
    },
  ])("leaves out a row with $set, says so, and keeps it: $because", async ({ set, reason }) => {
    using directory = aDirectory();
    await using opened = await openStoreAt(directory.file());
    await opened.store.apply([stored({ ruid: "bad" }), stored({ ruid: "good" })]);
    asAnotherProgram(directory.file(), (db) => db.exec(`UPDATE location SET ${set} WHERE ruid = 'bad'`));
    const rows = await loadAll(opened.store);
    expect(rows.map((row) => row.ruid)).toEqual(["good"]);
    expect(opened.unreadable).toEqual([`bad: ${reason}`]);
    const count = asAnotherProgram(directory.file(), (db) => db.prepare("SELECT count(*) FROM location").pluck().get());
    expect(count).toBe(2);
  });

  test("reports a row without a ruid", async () => {
    using directory = aDirectory();
    await using opened = await openStoreAt(directory.file());
    asAnotherProgram(directory.file(), (db) =>
      db.exec("INSERT INTO location (username, contact) VALUES ('a', 'sip:a@192.0.2.1')"),
    );
    expect(await loadAll(opened.store)).toEqual([]);
    expect(opened.unreadable).toEqual([": no_ruid"]);
  });
});

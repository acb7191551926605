/**
 * What of the contacts survives the end of the process, however it ended, and which files the daemon leaves alone.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../real/support/folder.ts";
import { RawPhones, users } from "../real/support/raw-phones.ts";
import { LISTEN_ANYWHERE, type RunningDaemon, runSipulse, startDaemon, storedIn } from "../real/support/sipulse.ts";
import { until } from "../real/support/until.ts";
import { freePort } from "../support/real.ts";

/** Several starts of a process each, on a machine that other tests use too. */
const TIMEOUT_MS = 90_000;

/** Starts daemons one after the other on one port, as an operator does: what is stored names the socket. */
async function restarting(path: string, flags: readonly string[] = []): Promise<() => Promise<RunningDaemon>> {
  const port = await freePort();
  const listen = ["--sip.listen", `udp:127.0.0.1:${port},tcp:127.0.0.1:${port}`, "--keepalive.interval", "1s"];
  return () => startDaemon([...listen, ...storedIn(path), ...flags]);
}

/** Ruid by AoR, sorted; these phones have one contact each. */
async function ruidsOf(daemon: RunningDaemon): Promise<Record<string, string | undefined>> {
  const entries = [...(await daemon.contacts())].map(([aor, contacts]) => [aor, contacts[0]?.Ruid] as const);
  return Object.fromEntries(entries.toSorted());
}

const aorsOf = (names: readonly string[]): string[] => names.map((user) => `${user}@example.org`).toSorted();

/** Resolves when the store has that many, and nothing is waiting. */
function stored(daemon: RunningDaemon, count: number): Promise<true> {
  return until(`${count} contacts stored`, async () => {
    const contacts = [...(await daemon.contacts()).values()].flat();
    return contacts.length === count && contacts.every(({ State }) => State === "CS_SYNC");
  });
}

/** Resolves when each phone was probed by this daemon, and answered. */
function pinged(daemon: RunningDaemon, phones: RawPhones, names: readonly string[]): Promise<true> {
  return until(`answered probe of each of ${names.length} phones`, async () => {
    const contacts = [...(await daemon.contacts()).values()].flat();
    const areAnswered = contacts.every((contact) => contact["KA-Roundtrip"] > 0);
    return areAnswered && names.every((user) => (phones.probes.get(user) ?? 0) > 0);
  });
}

describe("contacts in a database", { timeout: TIMEOUT_MS }, () => {
  test("are all there after kill -9, under their ruids, and probed", async () => {
    using folder = temporaryFolder();
    const start = await restarting(folder.file("location.db"));
    await using phones = await RawPhones.open();
    const names = users(50);
    await using killed = await start();
    await phones.registerAll(killed.sipPort(), names);
    await stored(killed, 50);
    const before = await ruidsOf(killed);
    killed.process.signal("SIGKILL");
    expect(await killed.process.ended).toEqual({ code: null, signal: "SIGKILL" });

    phones.probes.clear();
    await using again = await start();
    expect(Object.keys(before)).toEqual(aorsOf(names));
    expect(await ruidsOf(again)).toEqual(before);
    await pinged(again, phones, names);
    const metrics = await again.metrics();
    expect(metrics.sum("sip_registrar_bindings")).toBe(50);
    expect(metrics.sum("sip_registrar_requests_total")).toBe(0);
  });

  test("are what they were at SIGTERM, added, refreshed and removed, although no flush was due", async () => {
    using folder = temporaryFolder();
    const start = await restarting(folder.file("location.db"), ["--location.flush_interval", "1h"]);
    await using phones = await RawPhones.open();
    const names = users(50);
    const [gone, kept] = [names.slice(0, 10), names.slice(10)];
    const late = users(30, "late");
    await using first = await start();
    await phones.registerAll(first.sipPort(), names);
    expect(await first.process.stop()).toEqual({ code: 0, signal: null });

    await using second = await start();
    const before = await ruidsOf(second);
    expect(Object.keys(before)).toEqual(aorsOf(names));
    await phones.registerAll(second.sipPort(), late);
    await phones.registerAll(second.sipPort(), kept, { cseq: 2 });
    await phones.registerAll(second.sipPort(), gone, { cseq: 2, expiresS: 0 });
    expect(await second.process.stop()).toEqual({ code: 0, signal: null });

    phones.probes.clear();
    await using third = await start();
    const after = await ruidsOf(third);
    expect(Object.keys(after)).toEqual(aorsOf([...kept, ...late]));
    expect(aorsOf(kept).map((aor) => after[aor])).toEqual(aorsOf(kept).map((aor) => before[aor]));
    await pinged(third, phones, [...kept, ...late]);
  });
});

/** Fills a database by hand. */
function withDatabase(path: string, sql: string): void {
  const db = new Database(path);
  db.exec(sql);
  db.close();
}

/** Half of a database that the daemon made. */
async function halfADatabase(path: string): Promise<void> {
  await using daemon = await startDaemon(storedIn(path));
  await using phones = await RawPhones.open();
  await phones.registerAll(daemon.sipPort(), users(50));
  await daemon.process.stop();
  truncateSync(path, statSync(path).size / 2);
}

const hashOf = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");

describe("a file that is not a database of contacts", { timeout: TIMEOUT_MS }, () => {
  test.each([
    {
      what: "a text file",
      make: async (path: string) => writeFileSync(path, "Dear diary\n".repeat(1_000)),
      says: /is not an SQLite database/,
    },
    {
      what: "a database of something else",
      make: async (path: string) => withDatabase(path, "CREATE TABLE invoices (id INTEGER, euros REAL)"),
      says: /is a database of something else \(invoices\)/,
    },
    {
      what: "a location table of another program",
      make: async (path: string) => withDatabase(path, "CREATE TABLE location (latitude REAL, longitude REAL)"),
      says: /has a location table without /,
    },
    { what: "half of our own database", make: halfADatabase, says: /is a damaged database/ },
  ])("$what is refused in one line and left as it was", async ({ make, says }) => {
    using folder = temporaryFolder();
    const path = folder.file("location.db");
    await make(path);
    const before = { hash: hashOf(path), files: readdirSync(folder.path) };
    const end = await runSipulse(["serve", ...LISTEN_ANYWHERE, ...storedIn(path)]);
    expect(end).toMatchObject({ code: 1, stdout: "" });
    expect(end.stderr).toMatch(/^sipulse: [^\n]*\n$/);
    expect(end.stderr).toContain(path);
    expect(end.stderr).toMatch(says);
    expect({ hash: hashOf(path), files: readdirSync(folder.path) }).toEqual(before);
  });
});

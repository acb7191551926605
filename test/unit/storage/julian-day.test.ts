import Database from "better-sqlite3";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromStoredTime, toJulianDay } from "../../../src/storage/julian-day.ts";

/** 9999-12-31 23:59:59: the last second with a four-digit year. */
const LAST_SECOND = 253_402_300_799;

/** What `timet_to_sqlite` of Kamailio's db_sqlite computes. */
const asKamailioWrites = (unixS: number) => (unixS - 0.5) / 86_400 + 2_440_587.5;
/** What `sqlite_to_timet` of Kamailio's db_sqlite computes, cut to a `time_t`. */
const asKamailioReads = (days: number) => Math.trunc(86_400 * (days - 2_440_587.5) + 0.5);

describe("times as Julian days", () => {
  const seconds = fc.integer({ min: 0, max: LAST_SECOND });

  test("a whole second comes back exactly", () => {
    fc.assert(fc.property(seconds, (s) => fromStoredTime(toJulianDay(s * 1e3)) === s * 1e3));
  });

  test("the part below a second is dropped, not rounded", () => {
    expect(fromStoredTime(toJulianDay(1_800_000_000_999))).toBe(1_800_000_000_000);
  });

  test("Kamailio reads the second that we wrote", () => {
    fc.assert(fc.property(seconds, (s) => asKamailioReads(toJulianDay(s * 1e3)) === s));
  });

  test("we read the second that Kamailio wrote", () => {
    fc.assert(fc.property(seconds, (s) => fromStoredTime(asKamailioWrites(s)) === s * 1e3));
  });

  test("SQLite's own functions read it", () => {
    using db = Object.assign(new Database(":memory:"), { [Symbol.dispose]: () => {} });
    expect(db.prepare("SELECT datetime(?)").pluck().get(toJulianDay(1_800_000_000_000))).toBe("2027-01-15 08:00:00");
    db.close();
  });

  test.each([
    { stored: "2027-01-15 08:00:00", wallMs: 1_800_000_000_000, because: "text is UTC" },
    { stored: "2030-02-30 00:00:00", wallMs: null, because: "there is no such day" },
    { stored: "2030-01-01 25:00:00", wallMs: null, because: "there is no such hour" },
    { stored: "tomorrow", wallMs: null, because: "it is no date" },
    { stored: null, wallMs: null, because: "it is nothing" },
    { stored: Number.POSITIVE_INFINITY, wallMs: null, because: "SQLite can hold infinity" },
  ])("$stored is $wallMs: $because", ({ stored, wallMs }) => {
    expect(fromStoredTime(stored)).toBe(wallMs);
  });
});

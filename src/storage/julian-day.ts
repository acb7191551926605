/**
 * Times as Kamailio's `db_sqlite` keeps them: a Julian day number (REAL), not text.
 *
 * A date written as text reads as a time long past in Kamailio 5.6.3, which then deletes the row. SQLite's own
 * functions take both: `SELECT datetime(expires) FROM location`.
 *
 * @module
 */
import { msToWholeS, sToMs } from "../base/units.ts";

/** Julian day of 1970-01-01 00:00 UTC. */
const UNIX_EPOCH_DAYS = 2_440_587.5;
const SECONDS_PER_DAY = 86_400;

/**
 * Kamailio writes half a second less than the time and adds it when it reads; we write the exact time. Three quarters
 * of a second bring both back to the same whole second, far from the 40 µs that a double can be off.
 */
const READ_OFFSET_S = 0.75;

/** 'YYYY-MM-DD HH:MM:SS' in UTC: what hand-made rows and the column defaults hold. */
const DATE_TEXT = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)$/;

/** @param wallMs Unix milliseconds; the part below a second is dropped */
export function toJulianDay(wallMs: number): number {
  return msToWholeS(wallMs) / SECONDS_PER_DAY + UNIX_EPOCH_DAYS;
}

/**
 * Reads a time column.
 *
 * @param stored a Julian day, or UTC text
 * @returns Unix milliseconds of a whole second; `null` when it is no time
 */
export function fromStoredTime(stored: unknown): number | null {
  if (typeof stored === "number" && Number.isFinite(stored)) {
    return sToMs(Math.floor((stored - UNIX_EPOCH_DAYS) * SECONDS_PER_DAY + READ_OFFSET_S));
  }
  const parts = typeof stored === "string" ? DATE_TEXT.exec(stored) : null;
  if (parts === null) return null;
  const wallMs = Date.parse(`${parts[1]}T${parts[2]}Z`);
  // February 30th parses as March 1st: only a date that prints as it was written is one.
  return !Number.isNaN(wallMs) && new Date(wallMs).toISOString().startsWith(`${parts[1]}T`) ? wallMs : null;
}

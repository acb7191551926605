/**
 * Text off the wire (latin1, one character per octet) as a database keeps it, and back, without losing an octet.
 *
 * Octets that are UTF-8 become the text they mean, so that people and other programs can read and search the column.
 * Octets that are not (a phone with an ISO 8859-1 display name) become a BLOB of exactly these octets; SQLite keeps a
 * BLOB in a text column as it is, and Kamailio reads the same octets from both.
 *
 * @module
 */
import { Buffer, isUtf8 } from "node:buffer";

/** Text when it is UTF-8, else the octets. */
export type StoredText = string | Buffer;

/** Anything but ASCII, which is the same in latin1 and UTF-8. */
const BEYOND_ASCII = /[^\u0020-\u007e]/;

/** @param text latin1 as it came off the wire */
export function toStoredText(text: string): StoredText {
  if (!BEYOND_ASCII.test(text)) return text;
  const octets = Buffer.from(text, "latin1");
  // A NUL ends text for SQLite's own functions and for C programs; as a BLOB it stays a plain octet.
  return isUtf8(octets) && !octets.includes(0) ? octets.toString("utf8") : octets;
}

/** The inverse of `toStoredText`; also takes what other programs stored. `null` stays `null`. */
export function fromStoredText(stored: unknown): string | null {
  if (stored === null || stored === undefined) return null;
  if (Buffer.isBuffer(stored)) return stored.toString("latin1");
  const text = String(stored);
  return BEYOND_ASCII.test(text) ? Buffer.from(text, "utf8").toString("latin1") : text;
}

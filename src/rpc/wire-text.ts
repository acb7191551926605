/**
 * Text between the wire (latin1, one character per octet) and people (Unicode).
 *
 * SIP is UTF-8 (RFC 3261 §7.1), but phones send what they like. What is not UTF-8 is shown as latin1: nothing is
 * dropped, and a phone that writes `café` in latin1 reads right.
 *
 * @module
 */
import { Buffer } from "node:buffer";

// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is a range that starts with control characters
const ASCII = /^[\u0000-\u007f]*$/;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Octets as received to Unicode text. */
export function fromWire(latin1: string): string {
  if (ASCII.test(latin1)) return latin1;
  try {
    return utf8.decode(Buffer.from(latin1, "latin1"));
  } catch {
    return latin1;
  }
}

/** Unicode text to the octets a phone would have sent, for comparing with what is stored. */
export function toWire(text: string): string {
  return ASCII.test(text) ? text : Buffer.from(text, "utf8").toString("latin1");
}

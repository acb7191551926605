/**
 * How long the body is (RFC 3261 §18.3, §20.14).
 *
 * @module
 */
import { parseDigits } from "./chars.ts";
import { type Problem, quotedBack } from "./errors.ts";
import type { Headers } from "./headers.ts";

/**
 * Octets of the body; a problem when Content-Length is malformed, doubled, or beyond what is there.
 *
 * @param available octets behind the blank line: the body without Content-Length
 */
export function readBodyLength(headers: Headers, available: number): number | Problem {
  const value = headers.first("content-length");
  if (value === null) return available;
  const offset = headers.offsetOf("content-length");
  if (headers.count("content-length") > 1) {
    return { reason: "duplicate_header", message: "Content-Length must occur once", offset, status: 400 };
  }
  const octets = parseDigits(value, Number.MAX_SAFE_INTEGER);
  if (octets === null) {
    const message = `Content-Length must be digits, got ${quotedBack(value)}`;
    return { reason: "content_length", message, offset, status: 400 };
  }
  if (octets <= available) return octets;
  const message = `The body must have ${octets} octets by its Content-Length, got ${available}`;
  return { reason: "truncated", message, offset, status: 400 };
}

/**
 * One pass over the header section: where each header stands, and the first thing that is wrong with it.
 *
 * Lines end in CRLF and nothing else. A bare CR or LF is refused (RFC 3261 §7): a parser that took it for a line end would
 * disagree with its neighbours about where a header, or the message, ends. A bad line does not stop the pass, so that the
 * request can still be answered.
 *
 * @module
 */
import { CR, HT, isAll, LF, SP, TOKEN } from "./chars.ts";
import type { Problem } from "./errors.ts";
import { nameOf, readNameNumber, singleValueBit, UNKNOWN_NAME } from "./header-names.ts";
import { endOfName, type HeaderIndex, Headers } from "./headers.ts";
import { HEADER_LINES_MAX, HEADER_VALUE_OCTETS_MAX } from "./limits.ts";

/** The header section of one message. */
export interface HeaderSection {
  readonly headers: Headers;
  /** First octet behind the blank line; the end of the text when there is no blank line. */
  readonly bodyStart: number;
  /** What is wrong first; `null` when nothing is. */
  readonly problem: Problem | null;
}

/** Indexes the headers of `text` from `start`, the first octet behind the start line. */
export function indexHeaders(text: string, start: number): HeaderSection {
  const lines: number[] = [];
  const index: HeaderIndex = { lines, isFolded: false, duplicate: null };
  const headers = new Headers(text, index);
  const ends = new LineEnds(text);
  let problem: Problem | null = null;
  let seen = 0;
  let at = start;
  for (let count = 0; at < text.length; count++) {
    if (text.charCodeAt(at) === CR && text.charCodeAt(at + 1) === LF) return { headers, bodyStart: at + 2, problem };
    if (count === HEADER_LINES_MAX) {
      problem ??= tooMuch(`At most ${HEADER_LINES_MAX} header lines are read`, at);
      return { headers, bodyStart: text.length, problem };
    }
    const end = ends.next(at);
    const colon = text.indexOf(":", at);
    const number = readName(text, at, colon, end);
    const wrong = ends.isBroken || number === NO_NAME || end - colon > HEADER_VALUE_OCTETS_MAX;
    if (wrong) {
      problem ??= whatIsWrong(at, end, text.length, ends.isBroken, number);
    } else {
      lines.push(number, at, colon, end);
      const bit = singleValueBit(number);
      if ((seen & bit) !== 0) index.duplicate ??= nameOf(number);
      seen |= bit;
    }
    at = end + 2;
    index.isFolded ||= ends.isFolded;
  }
  return { headers, bodyStart: text.length, problem: problem ?? truncated(text.length) };
}

/** What `readName` gives for a line that has no proper name. */
const NO_NAME = -2;

/** Number of the header name that ends at `colon`; `NO_NAME` when there is no colon in the line, or no token before it. */
function readName(text: string, start: number, colon: number, end: number): number {
  if (colon < 0 || colon >= end) return NO_NAME;
  const nameEnd = endOfName(text, start, colon);
  if (nameEnd === start) return NO_NAME;
  const number = readNameNumber(text, start, nameEnd);
  return number !== UNKNOWN_NAME || isAll(TOKEN, text, start, nameEnd) ? number : NO_NAME;
}

/** Finds line ends by searching, which is five times faster than looking at every character. */
class LineEnds {
  /** Whether a CR or LF stood alone in the line that was found last, or the text ended in it. */
  isBroken = false;
  /** Whether that line was continued on the next. */
  isFolded = false;

  readonly #text: string;
  /** The next CR and LF that have not been passed; the length of the text when there are no more. */
  #cr = -1;
  #lf = -1;

  constructor(text: string) {
    this.#text = text;
  }

  /** Position of the CRLF that ends the header line at `start`, folded lines included; the text's end without one. */
  next(start: number): number {
    const text = this.#text;
    this.isBroken = false;
    this.isFolded = false;
    let from = start;
    for (;;) {
      if (this.#cr < from) this.#cr = found(text, "\r", from);
      if (this.#lf < from) this.#lf = found(text, "\n", from);
      if (this.#lf >= text.length) break;
      const first = Math.min(this.#cr, this.#lf);
      if (this.#lf !== this.#cr + 1) {
        this.isBroken = true;
        from = first + 1;
        continue;
      }
      const next = text.charCodeAt(first + 2);
      if (next !== SP && next !== HT) return first;
      this.isFolded = true;
      from = first + 2;
    }
    this.isBroken = true;
    return text.length;
  }
}

function found(text: string, character: string, from: number): number {
  const at = text.indexOf(character, from);
  return at < 0 ? text.length : at;
}

function whatIsWrong(at: number, end: number, length: number, isBroken: boolean, number: number): Problem {
  if (isBroken && end === length) return truncated(at);
  if (isBroken) return malformed("Lines must end in CRLF, without CR or LF inside", at);
  if (number === NO_NAME) return malformed("A header line must start with NAME:", at);
  return tooMuch(`A header value has at most ${HEADER_VALUE_OCTETS_MAX} octets`, at);
}

function malformed(message: string, offset: number): Problem {
  return { reason: "header", message, offset, status: 400 };
}

function tooMuch(message: string, offset: number): Problem {
  return { reason: "header_limit", message, offset, status: 513 };
}

function truncated(offset: number): Problem {
  return { reason: "truncated", message: "The headers must end in a blank line", offset, status: 400 };
}

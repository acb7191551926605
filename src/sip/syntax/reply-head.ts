/**
 * The head of a response, read in place: status, branch of the top Via, number of Vias, method of CSeq.
 *
 * The fast path of every keepalive reply: one pass over the octets, no allocation, the object is reused. Nothing is
 * decided here; what is not a plain response with a branch is left to `parseMessage` (or dropped).
 *
 * @module
 */
import { BACKSLASH, COLON, COMMA, CR, EQUAL, HT, LF, QUOTE, SEMICOLON, SP, TOKEN } from "./chars.ts";

const PREFIX = "SIP/2.0 ";
const BRANCH = "branch";
/** Digits of 2^32-1, the largest CSeq (RFC 3261 §20.16); a longer number is no CSeq of ours. */
const CSEQ_DIGITS_MAX = 10;
/** Octets up to the status inclusive. */
const STATUS_END = PREFIX.length + 3;

/** What one `read` found; valid until the next. */
export class ReplyHead {
  /** 100 .. 699. */
  status = 0;
  /** The branch of the topmost Via: its first octet, and the first behind it. */
  branchStart = 0;
  branchEnd = 0;
  /** Via values in all lines. More than one: the reply is not ours (RFC 3261 §8.1.3.3). */
  viaCount = 0;
  /** The method of CSeq: its first octet, and the first behind it; equal when there is no readable CSeq. */
  cseqMethodStart = 0;
  cseqMethodEnd = 0;
  /** First octet of the body. */
  bodyStart = 0;

  /** Where the scan stands. */
  #at = 0;
  #hasCSeq = false;

  /**
   * Reads the first `length` octets, up to the blank line.
   *
   * @returns `true` only for `SIP/2.0 `, a status of 100 .. 699, complete headers and a top Via with a branch
   */
  read(octets: Buffer, length: number): boolean {
    this.branchStart = this.branchEnd = this.viaCount = this.cseqMethodStart = this.cseqMethodEnd = 0;
    this.#hasCSeq = false;
    if (!this.#readStatus(octets, length) || !this.#skipLine(octets, length)) return false;
    while (this.#at + 1 < length) {
      const first = octets[this.#at] as number;
      if (first === CR) {
        this.bodyStart = this.#at + 2;
        return octets[this.#at + 1] === LF && this.branchEnd > this.branchStart;
      }
      const lower = first | 0x20;
      if (lower === 0x76 && this.#skipName(octets, length, "via")) {
        if (!this.#readVia(octets, length)) return false;
      } else if (lower === 0x63 && this.#skipName(octets, length, "cseq")) {
        if (!this.#readCSeq(octets, length)) return false;
      }
      if (!this.#skipLine(octets, length)) return false;
    }
    return false;
  }

  /** Whether the method of CSeq is `method`. */
  cseqMethodIs(octets: Buffer, method: string): boolean {
    const start = this.cseqMethodStart;
    if (this.cseqMethodEnd - start !== method.length) return false;
    for (let i = 0; i < method.length; i++) if (octets[start + i] !== method.charCodeAt(i)) return false;
    return true;
  }

  /** The branch as text. */
  branchText(octets: Buffer): string {
    return octets.toString("latin1", this.branchStart, this.branchEnd);
  }

  #readStatus(octets: Buffer, length: number): boolean {
    if (length < STATUS_END + 2) return false;
    for (let i = 0; i < PREFIX.length; i++) if (octets[i] !== PREFIX.charCodeAt(i)) return false;
    const hundreds = (octets[PREFIX.length] as number) - 0x30;
    const tens = (octets[PREFIX.length + 1] as number) - 0x30;
    const ones = (octets[PREFIX.length + 2] as number) - 0x30;
    const next = octets[STATUS_END];
    if (hundreds < 1 || hundreds > 6 || tens < 0 || tens > 9 || ones < 0 || ones > 9) return false;
    this.status = hundreds * 100 + tens * 10 + ones;
    this.#at = STATUS_END;
    return next === SP || next === CR;
  }

  /** Moves behind the CRLF that ends the line, folded lines included; `false` at a lone CR or LF and at the end. */
  #skipLine(octets: Buffer, length: number): boolean {
    let at = this.#at;
    for (; at + 2 < length; at++) {
      const code = octets[at] as number;
      if (code > CR || (code !== CR && code !== LF)) continue;
      if (code === LF || octets[at + 1] !== LF) return false;
      const next = octets[at + 2];
      if (next !== SP && next !== HT) {
        this.#at = at + 2;
        return true;
      }
      at++;
    }
    return false;
  }

  /** Moves behind `NAME LWS ":"`, long form in any case or, of Via, the compact letter; else stays. */
  #skipName(octets: Buffer, length: number, name: "via" | "cseq"): boolean {
    let at = this.#at + 1;
    while (
      at < length &&
      at - this.#at < name.length &&
      ((octets[at] as number) | 0x20) === name.charCodeAt(at - this.#at)
    ) {
      at++;
    }
    const matched = at - this.#at;
    if (matched !== name.length && !(matched === 1 && name === "via")) return false;
    while (at < length && (octets[at] === SP || octets[at] === HT)) at++;
    if (at >= length || octets[at] !== COLON) return false;
    this.#at = at + 1;
    return true;
  }

  /** Counts the values of a Via line; takes the branch of the very first. Stops at the line's end. */
  #readVia(octets: Buffer, length: number): boolean {
    const isTop = this.viaCount === 0;
    this.viaCount++;
    let isFirst = isTop;
    while (this.#at < length) {
      const code = octets[this.#at] as number;
      if (code === CR && !this.#isFold(octets, length)) return !isTop || this.branchEnd > 0;
      if (code === QUOTE) {
        if (!this.#skipQuoted(octets, length)) return false;
      } else if (code === COMMA) {
        this.viaCount++;
        isFirst = false;
        this.#at++;
      } else if (code === SEMICOLON && isFirst && this.branchEnd === 0) {
        this.#at++;
        this.#readBranch(octets, length);
      } else {
        this.#at++;
      }
    }
    return false;
  }

  /** Whether the CR where the scan stands begins a folded line rather than ending the header. */
  #isFold(octets: Buffer, length: number): boolean {
    const at = this.#at;
    return at + 2 < length && octets[at + 1] === LF && (octets[at + 2] === SP || octets[at + 2] === HT);
  }

  /** Moves behind SP, HT and folds. */
  #skipLws(octets: Buffer, length: number): void {
    while (this.#at < length) {
      const code = octets[this.#at] as number;
      if (code === SP || code === HT) this.#at++;
      else if (code === CR && this.#isFold(octets, length)) this.#at += 3;
      else return;
    }
  }

  /** Moves behind the quoted string that starts here; `false` when it is not closed before the line ends. */
  #skipQuoted(octets: Buffer, length: number): boolean {
    for (let at = this.#at + 1; at < length; at++) {
      const code = octets[at] as number;
      if (code === QUOTE) {
        this.#at = at + 1;
        return true;
      }
      if (code === BACKSLASH) at++;
      else if (code === CR || code === LF) return false;
    }
    return false;
  }

  /** Behind a ";" of the top Via: takes the token behind `branch =`, if that is the parameter; else moves a little. */
  #readBranch(octets: Buffer, length: number): void {
    this.#skipLws(octets, length);
    const start = this.#at;
    for (let i = 0; i < BRANCH.length; i++) {
      if (start + i >= length || ((octets[start + i] as number) | 0x20) !== BRANCH.charCodeAt(i)) return;
    }
    this.#at = start + BRANCH.length;
    this.#skipLws(octets, length);
    if (this.#at >= length || octets[this.#at] !== EQUAL) return;
    this.#at++;
    this.#skipLws(octets, length);
    const valueStart = this.#at;
    this.#skipToken(octets, length);
    if (this.#at === valueStart) return;
    this.branchStart = valueStart;
    this.branchEnd = this.#at;
  }

  /** Takes the method behind the number; `false` when there was a CSeq already. */
  #readCSeq(octets: Buffer, length: number): boolean {
    if (this.#hasCSeq) return false;
    this.#hasCSeq = true;
    this.#skipLws(octets, length);
    const numberStart = this.#at;
    while (this.#at < length && isDigit(octets[this.#at] as number)) this.#at++;
    const numberEnd = this.#at;
    this.#skipLws(octets, length);
    const methodStart = this.#at;
    const digits = numberEnd - numberStart;
    if (digits === 0 || digits > CSEQ_DIGITS_MAX || methodStart === numberEnd) return true;
    this.#skipToken(octets, length);
    this.cseqMethodStart = methodStart;
    this.cseqMethodEnd = this.#at;
    return true;
  }

  #skipToken(octets: Buffer, length: number): void {
    while (this.#at < length && TOKEN[octets[this.#at] as number] === 1) this.#at++;
  }
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

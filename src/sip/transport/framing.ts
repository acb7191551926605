/**
 * Cuts a stream of octets into SIP messages and keepalives.
 *
 *      chunks --push()--> [ StreamFramer ] --next()--> message | ping | pong | malformed | null (more is needed)
 *
 * Content-Length rules on streams (RFC 3261 §18.3): where it is absent, repeated or not a number, nobody can know where
 * the next message starts, and the stream is over. Nothing else of a message is judged here; that is the parser's part.
 *
 * Every octet is looked at once and copied at most a few times, however small the chunks are.
 *
 * @module
 */

export type Frame =
  /** A whole message: head and exactly Content-Length octets of body. Valid until the next `push`. */
  | { readonly kind: "message"; readonly octets: Buffer }
  /** CRLFCRLF; one CRLF is to be answered (RFC 5626 §4.4.1). */
  | { readonly kind: "ping" }
  /** A single CRLF: an answer to our ping, or an empty line before a message (RFC 3261 §7.5). */
  | { readonly kind: "pong" }
  /** The stream cannot be read on; `octets` is the head, as far as it is known, so that it can be answered. */
  | { readonly kind: "malformed"; readonly reason: MalformedReason; readonly octets: Buffer };

export type MalformedReason = "content_length" | "header" | "size";

/** Longest head that is waited for: a Via per hop and a Path per proxy fit ten times over. */
const HEAD_OCTETS_MAX = 32_768;
/** Longest message, head and body: what a UDP datagram could announce (RFC 3261 §18.1.1). */
const MESSAGE_OCTETS_MAX = 65_535;
/** Smallest buffer worth allocating for a message in parts. */
const BUFFER_OCTETS_MIN = 1_024;

const CR = 0x0d;
const LF = 0x0a;
const END_OF_HEAD = Buffer.from("\r\n\r\n");
const EMPTY = Buffer.alloc(0);

const PING: Frame = { kind: "ping" };
const PONG: Frame = { kind: "pong" };

/** The framer of one connection. After `malformed` it stays silent. */
export class StreamFramer {
  #buffer: Buffer = EMPTY;
  /** Whether `#buffer` is ours to append to; a chunk handed in is not. */
  #isOwn = false;
  #start = 0;
  #end = 0;
  /** Octets of the current head that are known not to end it. */
  #scanned = 0;
  /** Head and body of the current message; `null` until its head is complete. */
  #messageLength: number | null = null;
  #isOver = false;

  /** Whether a message has begun and is not complete. Empty lines between messages do not count. */
  get isMidMessage(): boolean {
    return this.#end > this.#start && this.#buffer[this.#start] !== CR;
  }

  /** @param chunk given away: must not be changed before it was read out by `next` */
  push(chunk: Buffer): void {
    if (this.#isOver) return;
    if (this.#start === this.#end) {
      this.#buffer = chunk;
      this.#isOwn = false;
      this.#start = 0;
      this.#end = chunk.length;
      return;
    }
    this.#makeRoom(chunk.length);
    chunk.copy(this.#buffer, this.#end);
    this.#end += chunk.length;
  }

  /** The next frame; `null` when more octets are needed. To be called until it returns `null`. */
  next(): Frame | null {
    if (this.#isOver) return null;
    if (this.#start === this.#end) {
      this.#buffer = EMPTY;
      return null;
    }
    if (this.#scanned === 0 && this.#messageLength === null) {
      const octet = this.#buffer[this.#start] as number;
      if (octet === CR) return this.#emptyLine();
      if (!isTokenOctet(octet)) return this.#malformed("header");
    }
    return this.#message();
  }

  /** At a CR between two messages: one empty line or two. */
  #emptyLine(): Frame | null {
    const have = this.#end - this.#start;
    const at = (offset: number): number => this.#buffer[this.#start + offset] as number;
    if (have < 2) return null;
    if (at(1) !== LF) return this.#malformed("header");
    // Whether a single CRLF is all or half of a ping is known when the next octet is.
    if (have === 2 || (have === 3 && at(2) === CR)) return null;
    const isPing = at(2) === CR && at(3) === LF;
    this.#start += isPing ? 4 : 2;
    return isPing ? PING : PONG;
  }

  #message(): Frame | null {
    const have = this.#end - this.#start;
    if (this.#messageLength === null) {
      const headLength = this.#findHead();
      if (headLength === null) return have > HEAD_OCTETS_MAX ? this.#malformed("size") : null;
      if (headLength > HEAD_OCTETS_MAX) return this.#malformed("size");
      const bodyLength = contentLengthOf(this.#buffer.subarray(this.#start, this.#start + headLength));
      if (bodyLength === null) return this.#malformed("content_length", headLength);
      if (headLength + bodyLength > MESSAGE_OCTETS_MAX) return this.#malformed("size", headLength);
      this.#messageLength = headLength + bodyLength;
    }
    if (have < this.#messageLength) return null;
    const octets = this.#buffer.subarray(this.#start, this.#start + this.#messageLength);
    this.#start += this.#messageLength;
    this.#messageLength = null;
    this.#scanned = 0;
    return { kind: "message", octets };
  }

  /** Octets of the head including its empty line; `null` when it is not complete. Resumes where it stopped. */
  #findHead(): number | null {
    const unread = this.#buffer.subarray(this.#start, this.#end);
    // The last three octets seen may be the beginning of what is looked for.
    const at = unread.indexOf(END_OF_HEAD, Math.max(0, this.#scanned - (END_OF_HEAD.length - 1)));
    this.#scanned = unread.length;
    return at === -1 ? null : at + END_OF_HEAD.length;
  }

  /** Makes sure that `length` octets can be appended; the buffer doubles, so that copying stays linear. */
  #makeRoom(length: number): void {
    if (this.#isOwn && this.#end + length <= this.#buffer.length) return;
    const kept = this.#end - this.#start;
    const room = Buffer.allocUnsafeSlow(Math.max(kept + length, kept * 2, BUFFER_OCTETS_MIN));
    this.#buffer.copy(room, 0, this.#start, this.#end);
    this.#buffer = room;
    this.#isOwn = true;
    this.#start = 0;
    this.#end = kept;
  }

  #malformed(reason: MalformedReason, length = this.#end - this.#start): Frame {
    const octets = this.#buffer.subarray(this.#start, this.#start + Math.min(length, HEAD_OCTETS_MAX));
    this.#isOver = true;
    this.#buffer = EMPTY;
    this.#start = this.#end = 0;
    return { kind: "malformed", reason, octets };
  }
}

/** First octets of a method or of `SIP/2.0` (RFC 3261 §25.1 `token`); a TLS hello or a binary protocol starts otherwise. */
function isTokenOctet(octet: number): boolean {
  return TOKEN_OCTETS[octet] === 1;
}

const TOKEN_OCTETS = new Uint8Array(256);
for (const octet of Buffer.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.!%*_+`'~")) {
  TOKEN_OCTETS[octet] = 1;
}

/** The header in its long and its compact form; a value that is not a number leaves the group empty. */
const CONTENT_LENGTH = /^(?:content-length|l)[ \t]*:(?:[ \t]*(\d{1,15})[ \t]*$)?/i;
const FOLD = /\r?\n[ \t]+/g;

/**
 * The value of Content-Length.
 *
 * @param head complete head of a message, its empty line included
 * @returns octets; `null` when the header is absent, repeated (even with the same value), or not a number
 */
function contentLengthOf(head: Buffer): number | null {
  let found: number | null = null;
  let lineAt = lineEnd(head, 0);
  while (lineAt < head.length) {
    let nextAt = lineEnd(head, lineAt);
    while (isBlank(head[nextAt])) nextAt = lineEnd(head, nextAt);
    if (mayBeContentLength(head[lineAt])) {
      const line = head.toString("latin1", lineAt, nextAt).trimEnd().replace(FOLD, " ");
      const match = CONTENT_LENGTH.exec(line);
      if (match !== null) {
        if (found !== null || match[1] === undefined) return null;
        found = Number(match[1]);
      }
    }
    lineAt = nextAt;
  }
  return found;
}

/** Where the line after the one at `from` starts. */
function lineEnd(head: Buffer, from: number): number {
  const at = head.indexOf(LF, from);
  return at === -1 ? head.length : at + 1;
}

/** A line that starts with a space or a tab continues the one before (RFC 3261 §7.3.1). */
function isBlank(octet: number | undefined): boolean {
  return octet === 0x20 || octet === 0x09;
}

/** `C`, `c`, `L` or `l`: spares the other headers the expression. */
function mayBeContentLength(octet: number | undefined): boolean {
  return octet === 0x43 || octet === 0x63 || octet === 0x4c || octet === 0x6c;
}

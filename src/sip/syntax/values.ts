/**
 * Header values that are numbers or lists of words.
 *
 * @module
 */
import { isAll, parseDigits, skipLws, TOKEN } from "./chars.ts";
import { MessageParseError, quotedBack } from "./errors.ts";

/** 2^32-1: the largest CSeq we accept and the largest delta-seconds (RFC 3261 §20.16, §20.19). */
const U32_MAX = 4_294_967_295;

/** Parsed `CSeq`. */
export interface CSeq {
  /** 0 .. 2^32-1; senders keep it below 2^31 (RFC 3261 §8.1.1.5). */
  readonly number: number;
  /** As received: methods are case-sensitive (RFC 3261 §7.1). */
  readonly method: string;
}

/**
 * Parses the value of a CSeq header, e.g. `"4711 REGISTER"`.
 *
 * @throws {MessageParseError} reason "cseq"
 */
export function parseCSeq(value: string): CSeq {
  let digitsEnd = 0;
  while (digitsEnd < value.length && value.charCodeAt(digitsEnd) > 0x20) digitsEnd++;
  const methodStart = skipLws(value, digitsEnd);
  const number = parseDigits(value.slice(0, digitsEnd), U32_MAX);
  if (number === null)
    throw new MessageParseError("cseq", `CSeq must start with 0 .. 2^32-1, got ${quotedBack(value)}`);
  if (methodStart === value.length || !isAll(TOKEN, value, methodStart)) {
    throw new MessageParseError("cseq", `CSeq must end with a method, got ${quotedBack(value)}`, {
      offset: methodStart,
    });
  }
  return { number, method: value.slice(methodStart) };
}

/** Seconds of an `Expires` header or `expires` parameter; `null` = malformed or above 2^32-1, the caller's default holds. */
export function parseDeltaSeconds(value: string): number | null {
  return parseDigits(value, U32_MAX);
}

/** `q` in thousandths, 0 .. 1000 (RFC 3261 §25.1 qvalue); `null` = malformed. */
export function parseQ(value: string): number | null {
  const whole = value.charCodeAt(0) - 0x30;
  if ((whole !== 0 && whole !== 1) || value.length > 5) return null;
  if (value.length === 1) return whole === 1 ? Q_MAX : 0;
  if (value.charAt(1) !== ".") return null;
  const decimals = value.slice(2).padEnd(3, "0");
  const thousandths = parseDigits(decimals, 999);
  if (thousandths === null || (whole === 1 && thousandths > 0)) return null;
  return whole === 1 ? Q_MAX : thousandths;
}

/** q = 1.0. */
const Q_MAX = 1_000;

/** Largest Max-Forwards (RFC 3261 §20.22). */
const MAX_FORWARDS_MAX = 255;

/** Hops left, 0 .. 255; `null` = malformed or above. */
export function parseMaxForwards(value: string): number | null {
  return parseDigits(value, MAX_FORWARDS_MAX);
}

/** Kamailio's bit per method. A Map: a method may be called `__proto__`. */
const METHOD_BITS: ReadonlyMap<string, number> = new Map([
  ["INVITE", 1],
  ["CANCEL", 2],
  ["ACK", 4],
  ["BYE", 8],
  ["INFO", 16],
  ["REGISTER", 32],
  ["SUBSCRIBE", 64],
  ["NOTIFY", 128],
  ["MESSAGE", 256],
  ["OPTIONS", 512],
  ["PRACK", 1_024],
  ["UPDATE", 2_048],
  ["REFER", 4_096],
  ["PUBLISH", 8_192],
]);

/** Every method: what a client without an Allow header is taken to understand. */
export const ALL_METHODS = U32_MAX;

/** The values of Allow as Kamailio's bit mask; unknown methods have no bit; an empty list means `ALL_METHODS`. */
export function parseMethods(allow: readonly string[]): number {
  if (allow.length === 0) return ALL_METHODS;
  let mask = 0;
  for (const method of allow) mask |= METHOD_BITS.get(method) ?? 0;
  return mask;
}

/**
 * A phone's line: its end of the flow to the registrar, and the names that find the phone again.
 *
 * @module
 */
import { type Random, randomHex } from "../base/random.ts";

/** Where a message came from. */
export interface Source {
  /** Numeric, no brackets. */
  readonly address: string;
  readonly port: number;
}

/** Shared by the phones of one UDP socket; one per phone on TCP. */
export interface Line {
  readonly transport: "udp" | "tcp";
  /** `host:port` for Via and Contact; `null` while there is no connection. */
  readonly local: string | null;
  /** Sends to the registrar. @returns `false` when nothing left */
  send(octets: Buffer): boolean;
  /** Answers a request: to `to` on UDP, over the connection on TCP. @returns `false` when nothing left */
  answer(octets: Buffer, to: Source): boolean;
}

/** What a line tells the population. */
export interface LineEvents {
  /** @param octets one whole message; valid only during the call */
  onMessage(octets: Buffer, source: Source, line: Line): void;
  /** Octets on a stream that are not a message; the connection ends. */
  onMalformed(): void;
  /** An asynchronous send failed. */
  onSendFailed(): void;
}

const USER_PREFIX = "sim";
const USER_DIGITS = 7;
const BRANCH_PREFIX = "z9hG4bKsim";

/** More phones than this do not fit into a user name. */
export const PHONES_MAX = 10 ** USER_DIGITS;

/** Phone 42 is `sim0000042`. */
export function userOf(phone: number): string {
  return USER_PREFIX + String(phone).padStart(USER_DIGITS, "0");
}

/** The phone behind a user name; `null` when it is none of ours. */
export function phoneOfUser(user: string | null): number | null {
  const digits = user?.startsWith(USER_PREFIX) ? user.slice(USER_PREFIX.length) : "";
  return digits.length === USER_DIGITS && /^\d+$/.test(digits) ? Number(digits) : null;
}

/** A fresh Via branch that carries the phone, so that an answer needs no table (RFC 3261 §8.1.1.7). */
export function branchOf(phone: number, random: Random): string {
  return `${BRANCH_PREFIX}${phone}.${randomHex(random, 2)}`;
}

/** The phone behind a branch; `null` when it is none of ours. */
export function phoneOfBranch(branch: string | null): number | null {
  const digits = /^z9hG4bKsim(\d{1,7})\./.exec(branch ?? "")?.[1];
  return digits === undefined ? null : Number(digits);
}

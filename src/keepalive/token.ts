/**
 * The token in a probe's branch: it leads a response back to its contact in O(1) and cannot be guessed.
 *
 *      z9hG4bKsp 0000002a 9f31c2d4 1b0f66d2a90c4e77
 *      cookie    slot     epoch    64 random bits, kept by the slot
 *
 * All digits are lower-case hex in fixed places, so that a response is matched without making a string.
 * RFC 3261 §8.1.1.7 (unique branch with the magic cookie); the epoch tells answers to an earlier process apart.
 *
 * @module
 */

/** RFC 3261 §8.1.1.7 magic cookie, and two letters that say the branch is a probe of ours. */
const PREFIX = "z9hG4bKsp";
const PREFIX_OCTETS = [...PREFIX].map((letter) => letter.charCodeAt(0));
const HEX_DIGITS = 8;

/** Length of every probe branch, in octets. */
export const BRANCH_LENGTH = PREFIX.length + 4 * HEX_DIGITS;

const HEX_OF_OCTET = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, "0"));

/** Eight lower-case hex digits of an unsigned 32-bit number. */
export function hex32(word: number): string {
  return (
    (HEX_OF_OCTET[word >>> 24] as string) +
    (HEX_OF_OCTET[(word >>> 16) & 255] as string) +
    (HEX_OF_OCTET[(word >>> 8) & 255] as string) +
    (HEX_OF_OCTET[word & 255] as string)
  );
}

/** The branch of a probe. @param high and `low` are the 64 random bits */
export function printBranch(slot: number, epoch: number, high: number, low: number): string {
  return PREFIX + hex32(slot) + hex32(epoch) + hex32(high) + hex32(low);
}

/** A branch read in place; one object is used again for every response. */
export class Token {
  slot = 0;
  epoch = 0;
  high = 0;
  low = 0;

  /** Reads the branch at `start .. end`. @returns `false` when it is not a probe's */
  read(octets: Uint8Array, start: number, end: number): boolean {
    if (end - start !== BRANCH_LENGTH) return false;
    for (let i = 0; i < PREFIX_OCTETS.length; i++) if (octets[start + i] !== PREFIX_OCTETS[i]) return false;
    const at = start + PREFIX_OCTETS.length;
    this.slot = readHex32(octets, at);
    this.epoch = readHex32(octets, at + HEX_DIGITS);
    this.high = readHex32(octets, at + 2 * HEX_DIGITS);
    this.low = readHex32(octets, at + 3 * HEX_DIGITS);
    return this.slot >= 0 && this.epoch >= 0 && this.high >= 0 && this.low >= 0;
  }
}

/** Eight hex digits as an unsigned number; -1 when one of them is not a lower-case hex digit. */
function readHex32(octets: Uint8Array, start: number): number {
  let word = 0;
  for (let i = start; i < start + HEX_DIGITS; i++) {
    const octet = octets[i] as number;
    const digit = octet >= 48 && octet <= 57 ? octet - 48 : octet >= 97 && octet <= 102 ? octet - 87 : -1;
    if (digit < 0) return -1;
    word = word * 16 + digit;
  }
  return word;
}

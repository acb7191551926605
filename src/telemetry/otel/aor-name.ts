/**
 * What stands for an address-of-record in traces and exported logs.
 *
 * @module
 */
import { createHmac } from "node:crypto";
import { type Random, randomHex } from "../../base/random.ts";
import { type NameAor, readable } from "./span-data.ts";

/** Hex digits kept: 64 bits tell a million AoRs apart. */
const DIGITS = 16;
/** Words of 32 bits in the key: as many bits as the hash has. */
const KEY_WORDS = 8;

/** AoRs in clear text. */
export const clearAor: NameAor = (aor) => readable(aor) ?? aor;

/**
 * HMAC-SHA-256 under a key that this process makes and forgets: spans of one AoR can be found together, and nobody can
 * try out names. The same AoR has another hash after a restart.
 */
export function hashedAor(random: Random): NameAor {
  const key = randomHex(random, KEY_WORDS);
  return (aor) => createHmac("sha256", key).update(aor, "latin1").digest("hex").slice(0, DIGITS);
}

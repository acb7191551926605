/**
 * Randomness as a part that is handed in, so that a seed is the whole story of a failed test.
 *
 * @module
 */
import { randomFillSync } from "node:crypto";

/** A source of random numbers. */
export interface Random {
  /** Uniform integer, 0 .. 2^32-1. */
  u32(): number;
}

/** Words fetched from the operating system at a time: one system call for 4,096 draws. */
const POOL_WORDS = 4_096;

/** Cryptographically strong and unpredictable; used for tokens and tags. */
export function secureRandom(): Random {
  const pool = new Uint32Array(POOL_WORDS);
  let next = POOL_WORDS;
  return {
    u32() {
      if (next === POOL_WORDS) {
        randomFillSync(pool);
        next = 0;
      }
      return pool[next++] as number;
    },
  };
}

/** Repeatable numbers (splitmix32): for simulations and tests, never for tokens. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return {
    u32() {
      state = (state + 0x9e3779b9) >>> 0;
      let mixed = state ^ (state >>> 16);
      mixed = Math.imul(mixed, 0x21f0aaad);
      mixed ^= mixed >>> 15;
      mixed = Math.imul(mixed, 0x735a2d97);
      return (mixed ^ (mixed >>> 15)) >>> 0;
    },
  };
}

/** Uniform fraction, 0 <= x < 1. */
export const fraction = (random: Random): number => random.u32() / 2 ** 32;

/** `words` x 32 random bits as lower-case hex, 8 digits each. */
export function randomHex(random: Random, words: number): string {
  let text = "";
  for (let i = 0; i < words; i++) text += random.u32().toString(16).padStart(8, "0");
  return text;
}

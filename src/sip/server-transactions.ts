/**
 * Remembers answers, so that a retransmitted request gets the same one without a second effect
 * (RFC 3261 §17.2.2, matched by §17.2.3).
 *
 * Keys and answers lie one behind the other in one block of memory that is written round and round: nothing is
 * allocated per request and nothing is left for the garbage collector. What is overwritten is forgotten; the
 * registrar recognises a REGISTER it has seen by its CSeq as well.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import { keyedHash } from "./keyed-hash.ts";

/** Timer J (RFC 3261 §17.2.2): 64 * T1. */
const TIMER_J_MS = 32_000;
/** Answers remembered, and the octets they and their keys may take: about half a second at 30,000 requests/s. */
const ENTRIES_MAX = 16_384;
const SLAB_OCTETS = 12 * 1_024 * 1_024;
/** Chains of the hash table; a power of two. */
const CHAINS = 16_384;
/** Answers longer than this are not kept: they would push out too many others. */
const ENTRY_OCTETS_MAX = 16_384;

const NONE = -1;

/** Answers by transaction, the oldest forgotten first. */
export class ServerTransactions {
  readonly #clock: Clock;
  readonly #seed: number;
  readonly #slab = Buffer.alloc(SLAB_OCTETS);
  readonly #chainHead = new Int32Array(CHAINS).fill(NONE);
  /** Per entry; entries are used round and round like the slab. */
  readonly #chainNext = new Int32Array(ENTRIES_MAX);
  readonly #hash = new Uint32Array(ENTRIES_MAX);
  readonly #offset = new Uint32Array(ENTRIES_MAX);
  readonly #keyLength = new Uint16Array(ENTRIES_MAX);
  readonly #answerLength = new Uint16Array(ENTRIES_MAX);
  readonly #storedAtMs = new Float64Array(ENTRIES_MAX);
  #oldest = 0;
  #count = 0;
  #writeAt = 0;

  constructor(options: { clock: Clock; random: Random }) {
    this.#clock = options.clock;
    this.#seed = options.random.u32();
  }

  /** Answers remembered at the moment. */
  get size(): number {
    return this.#count;
  }

  /** The answer given to that request within the last 32 s; `null` when it is new. */
  find(key: string): Buffer | null {
    const hash = keyedHash(key, this.#seed);
    for (
      let entry = this.#chainHead[hash & (CHAINS - 1)] as number;
      entry !== NONE;
      entry = this.#chainNext[entry] as number
    ) {
      if (this.#hash[entry] !== hash || !this.#isKey(entry, key)) continue;
      const isCurrent = this.#clock.monotonicMs() - (this.#storedAtMs[entry] as number) < TIMER_J_MS;
      return isCurrent ? this.#answerOf(entry) : null;
    }
    return null;
  }

  /** Remembers an answer, forgetting as many old ones as its place needs. */
  store(key: string, answer: Buffer): void {
    const length = key.length + answer.length;
    if (length > ENTRY_OCTETS_MAX) return;
    if (this.#writeAt + length > SLAB_OCTETS) this.#restartSlab();
    if (this.#count === ENTRIES_MAX) this.#forgetOldest();
    while (this.#count > 0 && this.#overlapsOldest(length)) this.#forgetOldest();
    const entry = (this.#oldest + this.#count) % ENTRIES_MAX;
    const hash = keyedHash(key, this.#seed);
    this.#slab.write(key, this.#writeAt, "latin1");
    this.#slab.set(answer, this.#writeAt + key.length);
    this.#hash[entry] = hash;
    this.#offset[entry] = this.#writeAt;
    this.#keyLength[entry] = key.length;
    this.#answerLength[entry] = answer.length;
    this.#storedAtMs[entry] = this.#clock.monotonicMs();
    this.#chainNext[entry] = this.#chainHead[hash & (CHAINS - 1)] as number;
    this.#chainHead[hash & (CHAINS - 1)] = entry;
    this.#count += 1;
    this.#writeAt += length;
  }

  /** Starts again at the front; whatever lay behind the writing place is forgotten first, it is the oldest. */
  #restartSlab(): void {
    while (this.#count > 0 && (this.#offset[this.#oldest] as number) >= this.#writeAt) this.#forgetOldest();
    this.#writeAt = 0;
  }

  #overlapsOldest(length: number): boolean {
    const start = this.#offset[this.#oldest] as number;
    return start >= this.#writeAt && start < this.#writeAt + length;
  }

  #forgetOldest(): void {
    const entry = this.#oldest;
    const chain = (this.#hash[entry] as number) & (CHAINS - 1);
    let before = NONE;
    for (let at = this.#chainHead[chain] as number; at !== entry; at = this.#chainNext[at] as number) before = at;
    // Chains begin with the newest: the oldest of all is the last of its own.
    if (before === NONE) this.#chainHead[chain] = NONE;
    else this.#chainNext[before] = NONE;
    this.#oldest = (entry + 1) % ENTRIES_MAX;
    this.#count -= 1;
  }

  #isKey(entry: number, key: string): boolean {
    if (this.#keyLength[entry] !== key.length) return false;
    const start = this.#offset[entry] as number;
    return this.#slab.toString("latin1", start, start + key.length) === key;
  }

  /** A copy: the slab is written again while the answer may still wait in a socket's queue. */
  #answerOf(entry: number): Buffer {
    const start = (this.#offset[entry] as number) + (this.#keyLength[entry] as number);
    return Buffer.from(this.#slab.subarray(start, start + (this.#answerLength[entry] as number)));
  }
}

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../../../src/base/random.ts";
import { ServerTransactions } from "../../../src/sip/server-transactions.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

/** The bounds of the class, as its header promises them. */
const ENTRIES_MAX = 16_384;
const SLAB_OCTETS = 12 * 1_024 * 1_024;
const ENTRY_OCTETS_MAX = 16_384;
const TIMER_J_MS = 32_000;

function opened(seed = 1) {
  const clock = new ManualClock();
  return { clock, transactions: new ServerTransactions({ clock, random: seededRandom(seed) }) };
}

/** An answer that no other number has. */
function answerOf(number: number, octets: number): Buffer {
  const answer = Buffer.alloc(Math.max(4, octets), number & 0xff);
  answer.writeUInt32BE(number);
  return answer;
}

describe("ServerTransactions", () => {
  test("gives the answer of a request again, and none to another request", () => {
    const { transactions } = opened();
    transactions.store("one", answerOf(1, 400));
    transactions.store("two", answerOf(2, 500));
    expect(transactions.find("one")).toEqual(answerOf(1, 400));
    expect(transactions.find("two")).toEqual(answerOf(2, 500));
    for (const key of ["", "on", "one ", "One", "three"]) expect(transactions.find(key)).toBeNull();
    expect(transactions.size).toBe(2);
  });

  test("what it gave away stays as it is, however much is stored later", () => {
    const { transactions } = opened();
    transactions.store("one", answerOf(1, 400));
    const given = transactions.find("one");
    for (let i = 2; i < 1_000; i++) transactions.store(`key ${i}`, answerOf(i, 16_000));
    expect(transactions.find("one")).toBeNull();
    expect(given).toEqual(answerOf(1, 400));
  });

  test.each([
    { afterMs: 0, isKnown: true, because: "at once" },
    { afterMs: 31_999, isKnown: true, because: "until Timer J fires" },
    { afterMs: 32_000, isKnown: false, because: "64 * T1 (RFC 3261 §17.2.2)" },
  ])("after $afterMs ms an answer is known: $isKnown ($because)", ({ afterMs, isKnown }) => {
    const { clock, transactions } = opened();
    transactions.store("one", answerOf(1, 400));
    clock.advance(afterMs);
    expect(transactions.find("one") !== null).toBe(isKnown);
  });

  test("the wall clock has no say in it", () => {
    const { clock, transactions } = opened();
    transactions.store("one", answerOf(1, 400));
    clock.stepWall(3_600_000);
    expect(transactions.find("one")).not.toBeNull();
  });

  test("a request that comes again after its time is answered anew, and then remembered anew", () => {
    const { clock, transactions } = opened();
    transactions.store("one", answerOf(1, 400));
    clock.advance(TIMER_J_MS);
    transactions.store("one", answerOf(2, 400));
    clock.advance(TIMER_J_MS - 1);
    expect(transactions.find("one")).toEqual(answerOf(2, 400));
  });

  test.each([
    { octets: ENTRY_OCTETS_MAX - 3, isKnown: true, because: "key and answer just fit" },
    { octets: ENTRY_OCTETS_MAX - 2, isKnown: false, because: "one octet more would push out too many others" },
    { octets: 600_000, isKnown: false, because: "an answer with a thousand contacts" },
  ])("an answer of $octets octets is remembered: $isKnown ($because)", ({ octets, isKnown }) => {
    const { transactions } = opened();
    transactions.store("key", answerOf(1, octets));
    expect(transactions.find("key") !== null).toBe(isKnown);
    expect(transactions.size).toBe(isKnown ? 1 : 0);
  });

  test("an empty answer and an empty key are entries like any other", () => {
    const { transactions } = opened();
    transactions.store("", Buffer.alloc(0));
    expect(transactions.find("")).toEqual(Buffer.alloc(0));
  });

  test("keeps no more than 16,384 answers, and forgets the oldest first", () => {
    const { transactions } = opened();
    for (let i = 0; i < ENTRIES_MAX + 100; i++) transactions.store(`key ${i}`, answerOf(i, 20));
    expect(transactions.size).toBe(ENTRIES_MAX);
    expect(transactions.find("key 99")).toBeNull();
    expect(transactions.find("key 100")).toEqual(answerOf(100, 20));
    expect(transactions.find(`key ${ENTRIES_MAX + 99}`)).toEqual(answerOf(ENTRIES_MAX + 99, 20));
  });
});

/** Stores of one kind, one after the other. */
const burst = fc.record({
  firstKey: fc.nat(6_000),
  count: fc.integer({ min: 1, max: 3_000 }),
  octets: fc.constantFrom(4, 390, 2_900, 15_990, 16_390),
  waitMs: fc.constantFrom(0, 1, 4_000, TIMER_J_MS - 1, TIMER_J_MS),
});

/** A store as the naive model remembers it. */
interface Stored {
  readonly number: number;
  readonly octets: number;
  readonly atMs: number;
  /** Stores before it. */
  readonly order: number;
}

/** Remembers everything, and knows what the real one must have forgotten. */
class Model {
  readonly #stored = new Map<string, Stored>();
  /** Octets stored before each store, and at the end of the last. */
  readonly #octetsBefore = [0];
  #numbers = 0;

  get octets(): number {
    return this.#octetsBefore.at(-1) as number;
  }

  store(key: string, octets: number, { clock, transactions }: ReturnType<typeof opened>): void {
    const number = ++this.#numbers;
    transactions.store(key, answerOf(number, octets));
    const length = key.length + Math.max(4, octets);
    if (length > ENTRY_OCTETS_MAX) return;
    this.#stored.set(key, { number, octets, atMs: clock.monotonicMs(), order: this.#octetsBefore.length - 1 });
    this.#octetsBefore.push(this.octets + length);
  }

  /** Everything that is remembered lies in the slab, the newest first. */
  checkSize({ transactions }: ReturnType<typeof opened>): void {
    const stores = this.#octetsBefore.length - 1;
    expect(transactions.size).toBeLessThanOrEqual(Math.min(stores, ENTRIES_MAX));
    expect(this.octets - (this.#octetsBefore[stores - transactions.size] as number)).toBeLessThanOrEqual(SLAB_OCTETS);
  }

  check(key: string, { clock, transactions }: ReturnType<typeof opened>): void {
    const found = transactions.find(key);
    const stored = this.#stored.get(key);
    const isYoung = stored !== undefined && clock.monotonicMs() - stored.atMs < TIMER_J_MS;
    const since = this.#octetsBefore.length - 1 - (stored?.order ?? 0);
    const octetsSince = this.octets - (this.#octetsBefore[stored?.order ?? 0] as number);
    const canBeKnown = isYoung && since <= ENTRIES_MAX && octetsSince <= SLAB_OCTETS;
    // At the end of the slab, up to the length of one entry is left free.
    const mustBeKnown = canBeKnown && octetsSince <= SLAB_OCTETS - ENTRY_OCTETS_MAX;
    if (found === null && mustBeKnown) throw new Error(`${key} should be known`);
    if (found === null || stored === undefined) expect(found).toBeNull();
    else if (!canBeKnown) throw new Error(`${key} should have been forgotten`);
    else if (!found.equals(answerOf(stored.number, stored.octets))) throw new Error(`${key} got a foreign answer`);
  }
}

test("against a naive model: what must be known is known, what must be forgotten is, and nothing is ever mixed up", () => {
  let wraps = 0;
  fc.assert(
    fc.property(fc.array(burst, { minLength: 1, maxLength: 9 }), fc.nat(), (bursts, seed) => {
      const real = opened(seed);
      const model = new Model();
      const keyOf = (i: number): string => `z9hG4bK ${i} 192.0.2.7`;
      for (const { firstKey, count, octets, waitMs } of bursts) {
        for (let i = firstKey; i < firstKey + count; i++) model.store(keyOf(i), octets, real);
        real.clock.advance(waitMs);
        for (let i = 0; i < 9_000; i += 61) model.check(keyOf(i), real);
        for (let i = firstKey; i < firstKey + count; i += 13) model.check(keyOf(i), real);
        model.checkSize(real);
      }
      wraps += Math.floor(model.octets / SLAB_OCTETS);
    }),
    { numRuns: 40, seed: 20_261 },
  );
  expect(wraps).toBeGreaterThan(20);
});

test("small answers left at the end of the slab are forgotten when writing starts again at its front", () => {
  const real = opened();
  const model = new Model();
  const fill = (name: string, octets: number, leaveFree: number): void => {
    const end = model.octets + SLAB_OCTETS - leaveFree;
    for (let i = 0; model.octets + octets + 20 < end; i++) model.store(`${name} ${i}`, octets, real);
  };
  fill("large", 16_000, 20_000);
  for (let i = 0; i < 500; i++) model.store(`small ${i}`, 20, real);
  for (const name of ["second", "third"]) {
    fill(name, 16_000, 20_000);
    model.checkSize(real);
  }
  model.check("third 700", real);
  model.check("small 499", real);
});

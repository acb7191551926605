import fc from "fast-check";
import { expect, test } from "vitest";
import { seededRandom } from "../../../src/base/random.ts";
import { ContactTable, NO_SLOT } from "../../../src/location/contact-table.ts";
import { aContact } from "../../fakes/contacts.ts";

const CAPACITY = 6;
const AORS = ["a@example.org", "b@example.org", "c@example.org"];

/** What the model knows of a contact. */
interface Known {
  readonly aor: string;
  readonly slot: number;
  callId: string;
}

/** A table and a plain map that must say the same. */
class Pair {
  readonly table: ContactTable;
  /** By ruid, oldest first. */
  readonly model = new Map<string, Known>();
  readonly gone = new Set<string>();
  #count = 0;

  constructor(seed: number) {
    this.table = new ContactTable({ capacity: CAPACITY, random: seededRandom(seed), startWallMs: 1_000 });
  }

  restore(aor: string, ruid: string): void {
    if (this.model.has(ruid) || this.model.size === CAPACITY) return;
    const callId = this.#nextCallId();
    const slot = this.table.restore(aContact({ aor, callId }), ruid);
    this.model.set(ruid, { aor, slot, callId });
  }

  insert(aor: string): void {
    const callId = this.#nextCallId();
    if (this.model.size === CAPACITY) {
      expect(() => this.table.insert(aContact({ aor, callId }))).toThrow(RangeError);
      return;
    }
    const slot = this.table.insert(aContact({ aor, callId }));
    this.model.set(this.table.text(slot).ruid, { aor, slot, callId });
  }

  update(nth: number): void {
    const known = this.#pick(nth);
    if (known === undefined) return;
    known[1].callId = this.#nextCallId();
    this.table.update(known[1].slot, aContact({ aor: "ignored", callId: known[1].callId }));
  }

  remove(nth: number): void {
    const known = this.#pick(nth);
    if (known === undefined) return;
    this.table.remove(known[1].slot);
    this.model.delete(known[0]);
    this.gone.add(known[0]);
  }

  compare(): void {
    const { table, model } = this;
    const known = [...model.entries()];
    expect(table.size).toBe(model.size);
    expect(table.room).toBe(CAPACITY - model.size);
    expect(table.aors).toBe(new Set(known.map(([, { aor }]) => aor)).size);
    for (const aor of AORS) {
      const listed = table.slotsOf(aor).map((slot) => table.text(slot).ruid);
      expect(listed).toEqual(known.filter(([, one]) => one.aor === aor).map(([ruid]) => ruid));
    }
    for (const [ruid, { slot, callId }] of known) {
      expect(table.slotOf(ruid)).toBe(slot);
      expect(table.text(slot).callId).toBe(callId);
    }
    for (const ruid of this.gone) expect(table.slotOf(ruid)).toBe(NO_SLOT);
    const held = Array.from({ length: table.slotsUsed }, (_, slot) => table.has(slot)).filter(Boolean);
    expect(held).toHaveLength(model.size);
  }

  #pick(nth: number): [string, Known] | undefined {
    return [...this.model.entries()][nth % Math.max(1, this.model.size)];
  }

  #nextCallId(): string {
    this.#count += 1;
    return `call ${this.#count}`;
  }
}

test("a table says what a plain map says, whatever is restored, inserted, updated and removed", () => {
  const aor = fc.constantFrom(...AORS);
  const nth = fc.nat(CAPACITY - 1);
  const stored = fc.record({
    aor,
    ruid: fc.constantFrom("uloc-0-1-0", "uloc-0-1-5", "uloc-0-2-5", "x-ff", "y", "z-1"),
  });
  const step = fc.oneof(
    fc.record({ kind: fc.constant("insert" as const), aor }),
    fc.record({ kind: fc.constant("update" as const), nth }),
    fc.record({ kind: fc.constant("remove" as const), nth }),
  );
  fc.assert(
    fc.property(
      fc.nat(),
      fc.array(stored, { maxLength: 8 }),
      fc.array(step, { maxLength: 40 }),
      (seed, rows, steps) => {
        const pair = new Pair(seed);
        for (const row of rows) pair.restore(row.aor, row.ruid);
        pair.table.finishRestore();
        pair.compare();
        for (const one of steps) {
          if (one.kind === "insert") pair.insert(one.aor);
          else pair[one.kind](one.nth);
          pair.compare();
        }
      },
    ),
    { numRuns: 200, seed: 30 },
  );
});

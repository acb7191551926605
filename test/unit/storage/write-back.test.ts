import { setImmediate as nextTurn } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { BindingRow, JournalEntry } from "../../../src/location/contact-view.ts";
import { type Store, StoreError, type StoreErrorCode } from "../../../src/storage/store.ts";
import { openWriteBack } from "../../../src/storage/write-back.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";
import { aBinding, aDirectory, loadAll, openStoreAt, Recorder, removed, stored } from "./builders.ts";

/** A store in memory that fails when it is told to. */
class MemoryStore implements Store {
  readonly backend = "sqlite";
  readonly rows = new Map<string, BindingRow>();
  readonly batchSizes: number[] = [];
  failure: StoreErrorCode | null = null;
  /** SQLite takes none: its driver is synchronous. */
  takesTime = true;
  /** Runs at the start of every `apply`, before anything is stored. */
  onApply: () => void = () => {};

  async *load(): AsyncGenerator<readonly BindingRow[]> {}

  async apply(batch: readonly JournalEntry[]): Promise<void> {
    if (this.takesTime) await nextTurn();
    this.onApply();
    if (this.failure !== null) throw new StoreError(this.failure, "told to fail");
    this.batchSizes.push(batch.length);
    for (const entry of batch) {
      if (entry.kind === "stored") this.rows.set(entry.row.ruid, entry.row);
      else this.rows.delete(entry.ruid);
    }
  }

  async close(): Promise<void> {}
}

function openQueue(options: { waitingRowsFull?: number } = {}) {
  const store = new MemoryStore();
  const clock = new ManualClock();
  const recorder = new Recorder();
  const parts = { store, clock, observer: recorder, log: recorder.log, flushIntervalMs: 1_000 };
  return { store, clock, recorder, queue: openWriteBack({ ...parts, ...options }) };
}

/** Lets a flush that a timer began run to its end: a batch takes two turns, and no test has more than ten batches. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await nextTurn();
}

const many = (count: number, fields: Partial<BindingRow> = {}) =>
  Array.from({ length: count }, (_, i) => stored({ ruid: `uloc-${i}`, ...fields }));

describe("write-back", () => {
  test("stores nothing before the interval is over, and everything after it", async () => {
    const { store, clock, queue } = openQueue();
    queue.accept([stored()]);
    clock.advance(999);
    await settle();
    expect(store.rows.size).toBe(0);
    clock.advance(1);
    await settle();
    expect([...store.rows.values()]).toEqual([aBinding()]);
    expect(queue.waitingRows).toBe(0);
  });

  test("sets no timer while nothing waits", async () => {
    const { clock, queue } = openQueue();
    expect(clock.pending).toBe(0);
    queue.accept([stored()]);
    expect(clock.pending).toBe(1);
    await queue.flush();
    expect(clock.pending).toBe(0);
  });

  test("writes the last change of a binding only", async () => {
    const { store, queue } = openQueue();
    queue.accept([stored({ cseq: 1 }), stored({ cseq: 2 })]);
    queue.accept([stored({ cseq: 3 }), stored({ ruid: "b" }), removed("b")]);
    await queue.flush();
    expect(store.batchSizes).toEqual([2]);
    expect([...store.rows.values()]).toEqual([aBinding({ cseq: 3 })]);
  });

  test("writes in batches and lets the event loop turn between them", async () => {
    const { store, recorder, queue } = openQueue();
    store.takesTime = false;
    queue.accept(many(1_050));
    let turns = 0;
    let isFlushing = true;
    const turning = (async () => {
      for (; isFlushing; turns++) await nextTurn();
    })();
    await queue.flush();
    isFlushing = false;
    await turning;
    expect(store.batchSizes).toEqual([200, 200, 200, 200, 200, 50]);
    expect(turns).toBeGreaterThanOrEqual(5);
    expect(recorder.lines).toEqual([...Array(5).fill("sqlite flush 200"), "sqlite flush 50"]);
  });

  test("flush() also stores what was accepted while another flush ran", async () => {
    const { store, queue } = openQueue();
    queue.accept([stored({ ruid: "a" })]);
    const first = queue.flush();
    queue.accept([stored({ ruid: "b" })]);
    await Promise.all([first, queue.flush()]);
    expect([...store.rows.keys()]).toEqual(["a", "b"]);
  });

  test("flush() waits for whichever flush took over its changes", async () => {
    const { store, queue } = openQueue();
    queue.accept([stored({ ruid: "a" })]);
    const first = queue.flush();
    queue.accept([stored({ ruid: "b" })]);
    const second = queue.flush();
    await queue.flush();
    expect([...store.rows.keys()]).toEqual(["a", "b"]);
    await Promise.all([first, second]);
  });

  test("tells new, dirty and synced apart", async () => {
    const { store, queue } = openQueue();
    queue.remember([aBinding({ ruid: "loaded" })]);
    expect(queue.persistence("loaded")).toBe("synced");

    queue.accept([stored({ ruid: "loaded" }), stored({ ruid: "fresh" })]);
    expect(queue.persistence("loaded")).toBe("dirty");
    expect(queue.persistence("fresh")).toBe("new");
    expect(queue.persistence("not heard of yet")).toBe("new");

    const during: string[] = [];
    store.onApply = () => during.push(queue.persistence("fresh"));
    await queue.flush();
    expect(during).toEqual(["new"]);
    expect(queue.persistence("fresh")).toBe("synced");

    queue.accept([stored({ ruid: "fresh" })]);
    expect(queue.persistence("fresh")).toBe("dirty");
    queue.accept([removed("fresh")]);
    await queue.flush();
    queue.accept([stored({ ruid: "fresh" })]);
    expect(queue.persistence("fresh")).toBe("new");
  });
});

describe("while the store fails, write-back", () => {
  test("keeps every change and stores the newest ones when it works again", async () => {
    const { store, clock, queue } = openQueue();
    store.failure = "STORE_FULL";
    queue.accept([...many(500), stored({ ruid: "gone" })]);
    clock.advance(1_000);
    await settle();
    queue.accept([stored({ ruid: "uloc-0", cseq: 9 }), removed("gone")]);
    expect(queue.waitingRows).toBe(501);
    store.failure = null;
    await queue.flush();
    expect(store.rows.size).toBe(500);
    expect(store.rows.get("uloc-0")?.cseq).toBe(9);
  });

  test("does not let an older change overtake one that came while it was written", async () => {
    const { store, queue } = openQueue();
    queue.accept([stored({ cseq: 1 })]);
    store.failure = "STORE_BUSY";
    store.onApply = () => queue.accept([stored({ cseq: 2 })]);
    await expect(queue.flush()).rejects.toMatchObject({ code: "STORE_BUSY" });
    store.failure = null;
    store.onApply = () => {};
    await queue.flush();
    expect(store.rows.get("uloc-1")?.cseq).toBe(2);
  });

  test("keeps what was stored before the failing batch as stored", async () => {
    const { store, queue } = openQueue();
    queue.accept(many(300));
    store.onApply = () => {
      if (store.batchSizes.length === 1) store.failure = "STORE_IO";
    };
    await expect(queue.flush()).rejects.toMatchObject({ code: "STORE_IO" });
    expect(queue.waitingRows).toBe(100);
    expect(queue.persistence("uloc-0")).toBe("synced");
    expect(queue.persistence("uloc-299")).toBe("new");
  });

  test("tries again after 2, 4, 8 ... seconds, at most every 30", async () => {
    const { store, clock, recorder, queue } = openQueue();
    store.failure = "STORE_FULL";
    queue.accept([stored()]);
    const triedAtMs: number[] = [];
    const startMs = clock.monotonicMs();
    store.onApply = () => triedAtMs.push(clock.monotonicMs() - startMs);
    for (let second = 0; second < 125; second++) {
      clock.advance(1_000);
      await settle();
    }
    expect(triedAtMs).toEqual([1_000, 3_000, 7_000, 15_000, 31_000, 61_000, 91_000, 121_000]);
    expect(recorder.lines.filter((line) => line === "sqlite flush failed STORE_FULL")).toHaveLength(8);
  });

  test("counts every failure, but logs only a change of state", async () => {
    const { store, recorder, queue } = openQueue();
    queue.accept([stored()]);
    for (const failure of ["STORE_FULL", "STORE_FULL", "STORE_IO"] as const) {
      store.failure = failure;
      await expect(queue.flush()).rejects.toMatchObject({ code: failure });
    }
    store.failure = null;
    await queue.flush();
    queue.accept([stored()]);
    await queue.flush();
    expect(recorder.lines).toEqual([
      ...["sqlite flush failed STORE_FULL", "error flush failed STORE_FULL", "sqlite flush failed STORE_FULL"],
      ...["sqlite flush failed STORE_IO", "error flush failed STORE_IO"],
      ...["sqlite flush 1", "info flush recovered 3", "sqlite flush 1"],
    ]);
  });

  test.each([...Array(100).keys()])(
    "seed %i: whatever fails and when, the store ends as the journal says",
    async (seed) => {
      const { store, clock, queue } = openQueue();
      const expected = new Map<string, BindingRow>();
      const steps = fc.sample(
        fc.record({
          ruid: fc.constantFrom("a", "b", "c"),
          isStored: fc.boolean(),
          fails: fc.boolean(),
          ms: fc.nat(3_000),
        }),
        { seed, numRuns: 40 },
      );
      for (const [cseq, { ruid, isStored, fails, ms }] of steps.entries()) {
        const row = aBinding({ ruid, cseq });
        queue.accept([isStored ? { kind: "stored", row } : removed(ruid)]);
        if (isStored) expected.set(ruid, row);
        else expected.delete(ruid);
        store.failure = fails ? "STORE_BUSY" : null;
        clock.advance(ms);
        for (let turn = 0; turn < ms % 4; turn++) await nextTurn();
      }
      store.failure = null;
      await queue.close();
      expect(Object.fromEntries(store.rows)).toEqual(Object.fromEntries(expected));
    },
  );
});

describe("a full write-back queue", () => {
  test("flushes at once and says so, every time it fills", async () => {
    const { store, recorder, queue } = openQueue({ waitingRowsFull: 10 });
    queue.accept(many(9));
    await settle();
    expect(store.rows.size).toBe(0);
    queue.accept(many(10));
    await settle();
    expect(store.rows.size).toBe(10);
    expect(recorder.lines).toEqual(["warn write-back queue filled 10", "sqlite flush 10"]);
    queue.accept(many(10, { cseq: 2 }));
    await settle();
    expect(store.rows.get("uloc-9")?.cseq).toBe(2);
  });

  test("drops new bindings when the store fails as well, counts them, and still takes changes of known ones", async () => {
    const { store, recorder, queue } = openQueue({ waitingRowsFull: 10 });
    store.failure = "STORE_FULL";
    queue.accept(many(20));
    await settle();
    queue.accept([stored({ ruid: "one too many" }), stored({ ruid: "uloc-7", cseq: 77 })]);
    expect(queue.droppedRows).toBe(1);
    expect(queue.waitingRows).toBe(20);
    expect(recorder.lines.slice(-2)).toEqual(["error bindings dropped 1", "sqlite flush failed STORE_OVERFLOW"]);
    store.failure = null;
    await queue.flush();
    expect(store.rows.get("uloc-7")?.cseq).toBe(77);
    expect(store.rows.size).toBe(20);
  });
});

describe("close()", () => {
  test("stores the rest, also when a flush is running, and stops the timer", async () => {
    const { store, clock, queue } = openQueue();
    queue.accept(many(300));
    const running = queue.flush();
    queue.accept([stored({ ruid: "last" })]);
    await queue.close();
    await running;
    await queue.close();
    expect(store.rows.size).toBe(301);
    expect(clock.pending).toBe(0);
  });

  test("tries more than once, for a lock that somebody else held", async () => {
    const { store, queue } = openQueue();
    queue.accept([stored()]);
    store.failure = "STORE_BUSY";
    let tries = 0;
    store.onApply = () => {
      if (++tries === 3) store.failure = null;
    };
    await queue.close();
    expect(store.rows.size).toBe(1);
  });

  test("says what is lost when the store does not come back", async () => {
    const { store, recorder, queue } = openQueue();
    queue.accept(many(3));
    store.failure = "STORE_FULL";
    await expect(queue.close()).rejects.toMatchObject({ code: "STORE_FULL" });
    expect(recorder.lines.at(-1)).toBe("error bindings lost 3");
  });

  test("later changes are refused and counted", async () => {
    const { store, queue } = openQueue();
    await queue.close();
    queue.accept([stored()]);
    expect(queue.droppedRows).toBe(1);
    expect(store.rows.size).toBe(0);
  });
});

test("write-back and the SQLite store together lose nothing over a restart", async () => {
  using directory = aDirectory();
  const rows = Array.from({ length: 450 }, (_, i) => aBinding({ ruid: `uloc-${i}`, cseq: i }));
  {
    await using opened = await openStoreAt(directory.file());
    const { store, clock, recorder } = opened;
    const queue = openWriteBack({ store, clock, flushIntervalMs: 1_000, observer: recorder, log: recorder.log });
    queue.accept(rows.map((row) => ({ kind: "stored", row })));
    queue.accept([removed("uloc-3")]);
    await queue.close();
  }
  await using again = await openStoreAt(directory.file());
  expect(await loadAll(again.store)).toEqual(rows.filter((row) => row.ruid !== "uloc-3"));
});

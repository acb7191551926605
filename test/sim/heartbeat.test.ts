import { describe, expect, test } from "vitest";
import { keepaliveRows } from "../../src/instruments/keepalive-rows.ts";
import { EVENTS } from "./dropped-event.ts";
import type { Skip } from "./skipping-instruments.ts";
import { World } from "./world.ts";

const SEEDS = [...Array(200).keys()];
/** When the churn ends in the worlds of the mutation test, on their monotonic clock. */
const QUIET_FROM_MS = 4_000;

describe("the heartbeat in a bad network", () => {
  test.each(SEEDS)("seed %i: every probe ends exactly once, and the metrics agree at every step", (seed) => {
    const world = new World({ seed });
    world.run(5_000);
    world.drain();
    expect(world.ledger.violations.slice(0, 5)).toEqual([]);
    expect(world.ledger.sent).toBeGreaterThan(10);
    expect(new Set(world.network.branches).size).toBe(world.network.branches.length);
  });

  test("over all seeds everything that can happen has happened", () => {
    const happened = new Map<string, number>();
    for (const seed of SEEDS.slice(0, 20)) {
      const world = new World({ seed });
      world.run(5_000);
      for (const reason of ["timeout", "send_error", "connection_closed", "cancelled"]) {
        add(happened, reason, world.counted.sum("keepaliveFailures", "reason", reason));
      }
      for (const reason of ["bad_token", "wrong_source", "stale_epoch", "unknown_contact"]) {
        add(happened, reason, world.counted.sum("keepaliveUnmatchedResponses", "reason", reason));
      }
      add(happened, "late", world.counted.sum("keepaliveLateResponses"));
      add(happened, "duplicate", world.counted.sum("keepaliveDuplicateResponses"));
      add(happened, "skipped", world.counted.sum("keepaliveSkipped"));
      for (const event of ["created", "refreshed", "moved", "removed", "expired"]) {
        add(happened, event, world.counted.sum("registrarBindingEvents", "event", event));
      }
    }
    expect([...happened].filter(([, count]) => count === 0)).toEqual([]);
  });
});

describe("the invariants notice a single event that is not told", () => {
  /** A world that is busy for three seconds, then loses its streams and only answers, loses and skips. */
  function play(seed: number, drop?: ConstructorParameters<typeof World>[0]["drop"]) {
    const options = {
      seed,
      churnPerS: 40,
      stallsPerS: 0,
      weather: { slowRatio: 0.3 },
      ...(drop === undefined ? {} : { drop }),
    };
    const world = new World(options);
    world.run(QUIET_FROM_MS - world.clock.monotonicMs());
    world.rest();
    world.closeStreams();
    world.run(6_000);
    return world;
  }

  test.each(EVENTS)("%s", (event) => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const drops = [{ event, nth: 0, fromMs: QUIET_FROM_MS + 2_000 }];
      // A skip is noticed by the time between two turns of a contact, so both must be turns: nobody may re-plan it.
      if (event !== "probeSkipped") drops.push({ event, nth: 0, fromMs: 0 }, { event, nth: 3, fromMs: 0 });
      for (const drop of drops) {
        const world = play(seed, drop);
        const what = `seed ${seed}, ${drop.nth} passed from ${drop.fromMs} ms`;
        expect(world.isDropped(), what).toBe(true);
        expect(world.ledger.violations.length, what).toBeGreaterThan(0);
      }
    }
  });

  test("and say nothing when every event is told", () => {
    for (const seed of [1, 2, 3, 4, 5]) expect(play(seed).ledger.violations).toEqual([]);
  });
});

describe("the invariants notice a single addition that the counters leave out", () => {
  const play = (skip?: Skip) => {
    const world = new World({
      seed: 1,
      churnPerS: 20,
      weather: { slowRatio: 0.3 },
      ...(skip === undefined ? {} : { skip }),
    });
    world.run(6_000);
    return world;
  };
  const truth = play();
  const touched = [...truth.counting.touched].map(([series, additions]) => ({ series, additions }));

  test("of every metric that the counters of keepalive move", () => {
    expect(truth.ledger.violations).toEqual([]);
    const metrics = new Set(touched.map(({ series }) => series.split(" ")[0]));
    const rows = Object.keys(keepaliveRows).filter((key) => key !== "keepaliveInFlight"); // Read from the table.
    expect([...metrics].sort()).toEqual(rows.sort());
  });

  test.each(touched)("to $series", ({ series, additions }) => {
    for (const nth of new Set([0, additions - 1])) {
      const world = play({ series, nth });
      expect(world.ledger.violations.length, `after ${nth} of ${additions}`).toBeGreaterThan(0);
    }
  });
});

function add(counts: Map<string, number>, what: string, count: number): void {
  counts.set(what, (counts.get(what) ?? 0) + count);
}

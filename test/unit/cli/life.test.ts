import { EventEmitter } from "node:events";
import { describe, expect, test } from "vitest";
import { GRACE_MS, listenForSignals } from "../../../src/cli/signals.ts";
import { type Running, serveUntilStopped, simulateUntilStopped } from "../../../src/cli/until-stopped.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

/** Signals that a test raises, and everything that came of them, in order. */
function openSignals() {
  const source = new EventEmitter();
  const clock = new ManualClock();
  const seen: string[] = [];
  const signals = listenForSignals(source, { clock, force: () => seen.push("forced") });
  return { source, clock, seen, signals };
}

/** A daemon that only says what happens to it. */
function fakeDaemon(seen: string[], fields: Partial<Running> = {}): Running {
  return {
    closed: new Promise(() => {}),
    reload: async () => {
      seen.push("reloaded");
    },
    [Symbol.asyncDispose]: async () => {
      seen.push("closed");
    },
    ...fields,
  };
}

const err = (seen: string[]) => (text: string) => seen.push(text);

/** Lets everything run that waits for nothing but a promise. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe("signals", () => {
  test.each(["SIGINT", "SIGTERM"])("the first %s asks to stop and forces nothing", async (signal) => {
    const { source, signals, seen } = openSignals();
    source.emit(signal);
    await signals.stopped;
    expect(seen).toEqual([]);
  });

  test("the second one forces the end, whichever it is", () => {
    const { source, seen } = openSignals();
    source.emit("SIGTERM");
    source.emit("SIGINT");
    expect(seen).toEqual(["forced"]);
  });

  test("the end is forced when the grace period is over", () => {
    const { source, clock, seen } = openSignals();
    source.emit("SIGTERM");
    clock.advance(GRACE_MS - 1);
    expect(seen).toEqual([]);
    clock.advance(1);
    expect(seen).toEqual(["forced"]);
  });

  test("an end that no signal asked for has the same grace period, and a signal during it forces the end", () => {
    for (const force of ["time", "SIGINT"]) {
      const { source, clock, seen, signals } = openSignals();
      signals.ending();
      if (force === "time") clock.advance(GRACE_MS);
      else source.emit(force);
      expect(seen).toEqual(["forced"]);
    }
  });

  test("after an orderly stop nothing is forced and nobody listens", () => {
    const { source, clock, seen, signals } = openSignals();
    source.emit("SIGTERM");
    signals[Symbol.dispose]();
    clock.advance(2 * GRACE_MS);
    expect(seen).toEqual([]);
    expect(source.eventNames()).toEqual([]);
  });

  test("SIGHUP before there is something to reload does nothing", () => {
    const { source, seen } = openSignals();
    source.emit("SIGHUP");
    expect(seen).toEqual([]);
  });
});

describe("serve", () => {
  test("runs until a signal, then closes what it opened", async () => {
    const { source, seen, signals } = openSignals();
    const serving = serveUntilStopped(async () => fakeDaemon(seen), signals, err(seen));
    await settle();
    expect(seen).toEqual([]);
    source.emit("SIGTERM");
    await serving;
    expect(seen).toEqual(["closed"]);
  });

  test("a signal during the start is not lost", async () => {
    const { source, seen, signals } = openSignals();
    const { promise, resolve } = Promise.withResolvers<Running>();
    const serving = serveUntilStopped(() => promise, signals, err(seen));
    source.emit("SIGINT");
    resolve(fakeDaemon(seen));
    await serving;
    expect(seen).toEqual(["closed"]);
  });

  test("fails when the daemon dies, and closes the rest of it", async () => {
    const { clock, seen, signals } = openSignals();
    const daemon = fakeDaemon(seen, { closed: Promise.reject(new Error("the engine died")) });
    await expect(serveUntilStopped(async () => daemon, signals, err(seen))).rejects.toThrow("the engine died");
    expect(seen).toEqual(["closed"]);
    expect(clock.pending).toBe(1); // The grace period runs from there until the signals are disposed.
  });

  test("SIGHUP reloads, one after the other; a failed reload is reported and the daemon goes on", async () => {
    const { source, seen, signals } = openSignals();
    const outcomes = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
    let reloads = 0;
    const reload = () => {
      seen.push(`reload ${reloads}`);
      return outcomes[reloads++ as 0 | 1].promise;
    };
    const serving = serveUntilStopped(async () => fakeDaemon(seen, { reload }), signals, err(seen));
    await settle();
    source.emit("SIGHUP");
    source.emit("SIGHUP");
    await settle();
    expect(seen).toEqual(["reload 0"]);
    outcomes[0].reject(new Error("configuration has 1 problem(s):\n  a.yml: no"));
    await settle();
    expect(seen.slice(1)).toEqual(["reload failed: configuration has 1 problem(s):\n  a.yml: no\n", "reload 1"]);
    source.emit("SIGTERM");
    await settle();
    expect(seen).not.toContain("closed");
    outcomes[1].resolve();
    await serving;
    expect(seen.at(-1)).toBe("closed");
  });
});

describe("simulate", () => {
  const population = (seen: string[]) => async () => ({
    stats: () => ({ registered: seen.includes("closed") ? 0 : 7 }),
    close: async () => {
      seen.push("closed");
    },
  });

  test("ends after its duration and prints the numbers from before the phones left", async () => {
    const { clock, seen, signals } = openSignals();
    const out = (text: string) => seen.push(text);
    const simulating = simulateUntilStopped(population(seen), signals, { clock, durationMs: 5_000, out });
    await settle();
    clock.advance(4_999);
    await settle();
    expect(seen).toEqual([]);
    clock.advance(1);
    await simulating;
    expect(seen).toEqual(["closed", '{"registered":7}\n']);
  });

  test("without a duration ends with a signal, and leaves no timer behind with one", async () => {
    for (const durationMs of [null, 5_000]) {
      const { source, clock, seen, signals } = openSignals();
      const out = (text: string) => seen.push(text);
      const simulating = simulateUntilStopped(population(seen), signals, { clock, durationMs, out });
      await settle();
      source.emit("SIGINT");
      await simulating;
      signals[Symbol.dispose]();
      expect(seen).toEqual(["closed", '{"registered":7}\n']);
      expect(clock.pending).toBe(0);
    }
  });
});

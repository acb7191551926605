import { describe, expect, test } from "vitest";
import { fraction, seededRandom } from "../../src/base/random.ts";
import { aContactNumber } from "../fakes/contacts.ts";
import { openProbing } from "../fakes/probing.ts";

/** The largest number of instants in any window of `windowMs`, its first instant included, its last not. */
function mostInWindow(sentMs: readonly number[], windowMs: number): number {
  let most = 0;
  let first = 0;
  sentMs.forEach((atMs, i) => {
    while ((sentMs[first] as number) <= atMs - windowMs) first += 1;
    most = Math.max(most, i - first + 1);
  });
  return most;
}

/** A fleet under keepalive whose every answer comes at once; ticks are as uneven as a busy machine makes them. */
function play(options: { contacts: number; stallMs: number; jitterRatio: number; seed: number }): number[] {
  const { contacts, stallMs, jitterRatio, seed } = options;
  const { clock, location, prober, sent, answer } = openProbing({
    capacity: contacts,
    seed,
    policy: { intervalMs: 1_000, probeTimeoutMs: 300, jitterRatio },
  });
  const random = seededRandom(seed + 1_000);
  for (let i = 0; i < contacts; i++) location.store(aContactNumber(i % 50_000));
  let answered = 0;
  const runUntil = (endMs: number): void => {
    while (clock.monotonicMs() < endMs) {
      clock.advance(0.8 + 0.6 * fraction(random));
      prober.tick();
      for (; answered < sent.length; answered++) answer(sent[answered] as (typeof sent)[number]);
    }
  };
  runUntil(3_000);
  clock.stall(stallMs);
  runUntil(clock.monotonicMs() + 2_000);
  return sent.map(({ atMs }) => atMs);
}

describe.each([20, 200, 1_000, 3_000])("%i probes per second", (contacts) => {
  const even = contacts / 100;

  test.each([
    { stallMs: 0, jitterRatio: 0, because: "nothing happens" },
    { stallMs: 0, jitterRatio: 0.1, because: "with the usual jitter" },
    { stallMs: 5, jitterRatio: 0.1, because: "a garbage collection" },
    { stallMs: 100, jitterRatio: 0.1, because: "a long one" },
    { stallMs: 1_000, jitterRatio: 0.1, because: "the whole table is overdue" },
    { stallMs: 10_000, jitterRatio: 0.1, because: "ten times over" },
  ])("stay within the bounds after a stall of $stallMs ms: $because", ({ stallMs, jitterRatio }) => {
    for (const seed of [1, 2]) {
      const sentMs = play({ contacts, stallMs, jitterRatio, seed });
      expect(mostInWindow(sentMs, 10)).toBeLessThanOrEqual(even + 5 * Math.sqrt(even) + 2);
      if (contacts >= 1_000) expect(mostInWindow(sentMs, 100)).toBeLessThanOrEqual(20 * even);
      expect(sentMs.length).toBeGreaterThanOrEqual(contacts * 3);
    }
  });
});

test("after a stall of one interval the whole fleet has been probed within the next", () => {
  const sentMs = play({ contacts: 1_000, stallMs: 1_000, jitterRatio: 0, seed: 1 });
  const afterMs = sentMs.filter((atMs) => atMs >= 4_000);
  expect(afterMs.filter((atMs) => atMs < 5_050).length).toBeGreaterThanOrEqual(1_000);
});

test("once most of a fleet has gone, the rest is paced as a small one", () => {
  const { clock, location, prober, sent } = openProbing({
    capacity: 3_000,
    policy: { intervalMs: 1_000, probeTimeoutMs: 300 },
  });
  for (let i = 0; i < 3_000; i++) location.store(aContactNumber(i));
  for (let i = 100; i < 3_000; i++) location.remove(i, "removed");
  clock.stall(1_000);
  for (let i = 0; i < 1_000; i++) {
    clock.advance(1);
    prober.tick();
  }
  const sentMs = sent.map(({ atMs }) => atMs);
  expect(sentMs.length).toBeGreaterThanOrEqual(100);
  expect(mostInWindow(sentMs, 10)).toBeLessThanOrEqual(1 + 5 + 2);
});

/**
 * The rehearsal before the first phone.
 *
 * @module
 */
import { expect, test } from "vitest";
import { warmUp } from "../../../src/engine-warm-up.ts";
import { engineSettings } from "../../fakes/engine-host.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

/** A clock on which every look takes a while, so that the time limit is reached. */
class SlowClock extends ManualClock {
  looks = 0;

  override monotonicMs(): number {
    this.looks += 1;
    this.advance(100);
    return super.monotonicMs();
  }
}

test("warmUp() ends by its time limit on a machine that is too slow for all rounds", () => {
  const clock = new SlowClock();
  warmUp(engineSettings(), clock);
  expect(clock.looks).toBeLessThan(10);
});

test.each([
  { settings: { domains: ["only.example"] }, because: "its phones belong to no configured domain" },
  { settings: { authMode: "none" as const }, because: "anyone may register" },
  { settings: { useDomain: false }, because: "AoRs have no domain" },
  { settings: { path: "required" as const }, because: "its phones bring no Path and are refused" },
  { settings: { keepalive: { scope: "off" as const } }, because: "nobody is probed" },
  { settings: { keepalive: { method: "INFO", jitterRatio: 0.9 } }, because: "the probe may be any method" },
])("warmUp() does not throw when $because", ({ settings }) => {
  expect(() => warmUp(engineSettings(settings), new SlowClock())).not.toThrow();
});

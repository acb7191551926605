import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { RTT_BUCKETS_S } from "../../../src/base/buckets.ts";
import type { Kind } from "../../../src/config/kinds.ts";
import { reachabilityObjective, rttObjective } from "../../../src/config/slo.ts";
import { load, problemsOf } from "./load-text.ts";

/** The value, or the end of "must be …". */
function read<T>(kind: Kind<T>, written: string): T | { mustBe: string | undefined } {
  const result = kind.schema.safeParse(written);
  return result.success ? result.data : { mustBe: result.error.issues[0]?.message };
}

describe("an objective for reachability", () => {
  const form = { mustBe: "objectives such as *:0.999 or example.org:0.99" };
  const range = { mustBe: "objectives above 0 and below 1 with at most six decimals, such as 0.999" };
  test.each([
    { text: "*:0.999", value: { domain: null, objectiveRatio: 0.999 }, because: "every domain without its own" },
    { text: "Example.ORG:.5", value: { domain: "example.org", objectiveRatio: 0.5 }, because: "names have no case" },
    {
      text: "[::1]:0.9",
      value: { domain: "[::1]", objectiveRatio: 0.9 },
      because: "colons of an address stay with it",
    },
    { text: "a.example:0.000001", value: { domain: "a.example", objectiveRatio: 1e-6 }, because: "the least there is" },
    { text: "*:1", value: range, because: "an objective of 1 leaves no budget to burn" },
    { text: "*:0", value: range, because: "an objective of 0 is none" },
    { text: "*:0.0", value: range, because: "0 in any writing" },
    { text: "*:99.9", value: range, because: "per cent without the sign" },
    { text: "*:0.9999999", value: range, because: "seven digits" },
    { text: "*:1e-3", value: form, because: "no exponents" },
    { text: "0.999", value: form, because: "no domain" },
    { text: ":0.999", value: form, because: "an empty domain" },
    { text: "*", value: form, because: "no objective" },
    { text: "*:0.9:300ms", value: form, because: "a threshold belongs to slo.rtt" },
    { text: "**:0.9", value: form, because: "no patterns but *" },
    { text: "", value: form, because: "nothing" },
  ])("$text: $because", ({ text, value }) => {
    expect(read(reachabilityObjective, text)).toEqual(value);
  });
});

describe("an objective for the round trip", () => {
  const form = { mustBe: "objectives such as *:0.99:300ms or example.org:0.95:150ms" };
  const between = (bounds: string) => ({ mustBe: `objectives whose threshold is a bucket bound, here ${bounds}` });
  test.each([
    { text: "*:0.99:300ms", value: { domain: null, objectiveRatio: 0.99, thresholdMs: 300 }, because: "a bound" },
    {
      text: "*:0.99:75ms",
      value: { domain: null, objectiveRatio: 0.99, thresholdMs: 75 },
      because: "0.075 s is 75 ms",
    },
    { text: "[::1]:.9:4s", value: { domain: "[::1]", objectiveRatio: 0.9, thresholdMs: 4_000 }, because: "in seconds" },
    { text: "*:0.99:250ms", value: between("200ms or 300ms"), because: "the share below 250 ms would be a guess" },
    { text: "*:0.99:1ms", value: between("2ms"), because: "below the first bound" },
    { text: "*:0.99:1m", value: between("10s"), because: "above the last bound" },
    { text: "*:0.99:0.3", value: form, because: "a duration has a unit" },
    { text: "*:0.99:", value: form, because: "an empty threshold" },
    { text: "*:0.99", value: form, because: "no threshold" },
    { text: "0.99:300ms", value: form, because: "no domain" },
  ])("$text: $because", ({ text, value }) => {
    expect(read(rttObjective, text)).toEqual(value);
  });

  test("takes every bound of the histogram", () => {
    const bounds = RTT_BUCKETS_S.map((bound) => `*:0.9:${Math.round(bound * 1_000)}ms`);
    expect(bounds.filter((text) => "mustBe" in (read(rttObjective, text) as object))).toEqual([]);
  });

  test("is printed so that it reads back as the same, whatever the objective", () => {
    const bound = fc.constantFrom(...RTT_BUCKETS_S);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999_999 }), bound, (millionths, boundS) => {
        const value = {
          domain: "example.org",
          objectiveRatio: Number(`0.${String(millionths).padStart(6, "0")}`),
          thresholdMs: Math.round(boundS * 1_000),
        };
        expect(read(rttObjective, String(z.encode(rttObjective.schema, value)))).toEqual(value);
      }),
    );
  });
});

test("flag, variable and file say the same", () => {
  const rtt = "*:0.99:300ms,example.org:0.95:150ms";
  const expected = load({ yaml: 'slo.rtt: ["*:0.99:300ms", example.org:0.95:150ms]' });
  expect(load({ flags: [["slo.rtt", rtt]] })).toEqual(expected);
  expect(load({ env: { SIPULSE_SLO_RTT: rtt } })).toEqual(expected);
});

test.each([
  {
    flags: [["slo.reachability", "*:0.9,*:0.99"]],
    expected: "slo.reachability must name each domain once, got * twice",
  },
  {
    flags: [
      ["keepalive.interval", "1s"],
      ["slo.rtt", "*:0.99:800ms"],
    ],
    expected: "slo.rtt must have thresholds below keepalive.probe_timeout (800ms), got 800ms",
  },
  {
    flags: [
      ["sip.domains", "a.example"],
      ["slo.rtt", "b.example:0.99:100ms"],
    ],
    expected: "slo.rtt must name only domains of sip.domains, got b.example",
  },
] as const)("refused with other settings: $expected", ({ flags, expected }) => {
  expect(problemsOf({ flags })).toEqual([`command line: ${expected}`]);
});

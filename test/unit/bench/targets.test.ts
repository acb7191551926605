import { describe, expect, test } from "vitest";
import {
  atLeast,
  atLeastOfPeer,
  atMost,
  atMostOfPeer,
  describeTarget,
  judge,
  NO_TARGET,
  pacingTarget10Ms,
  pacingTarget100Ms,
} from "../../../bench/targets.ts";

describe("judge()", () => {
  test.each([
    { target: atMost(150), own: 150, peer: null, verdict: "met", because: "the bound itself is allowed" },
    { target: atMost(150), own: 150.1, peer: 9_000, verdict: "missed", because: "the peer does not matter here" },
    { target: atMost(0), own: 0, peer: 0.4, verdict: "met", because: "nothing lost is a figure, not a missing one" },
    { target: atMost(0), own: 0.0001, peer: null, verdict: "missed", because: "one lost reply is one too many" },
    { target: atMost(150), own: null, peer: 1, verdict: "unknown", because: "our figure is missing" },
    { target: atLeast(0.7), own: 0.7, peer: null, verdict: "met", because: "the bound itself is allowed" },
    { target: atLeast(0.7), own: 0.69, peer: null, verdict: "missed", because: "below the bound" },
    { target: atMostOfPeer(0.4), own: 16, peer: 40, verdict: "met", because: "exactly 0.4 times" },
    { target: atMostOfPeer(0.4), own: 17, peer: 40, verdict: "missed", because: "more than 0.4 times" },
    { target: atMostOfPeer(0.4), own: 1, peer: null, verdict: "unknown", because: "a recorded figure is no peer" },
    { target: atLeastOfPeer(1.5), own: 30, peer: 20, verdict: "met", because: "exactly 1.5 times" },
    { target: atLeastOfPeer(1.5), own: 29, peer: 20, verdict: "missed", because: "faster, and not by enough" },
    { target: atLeastOfPeer(1.5), own: 29, peer: 0, verdict: "unknown", because: "a peer that did nothing" },
    { target: NO_TARGET, own: null, peer: null, verdict: "no target", because: "it is shown for information" },
  ] as const)("$target, $own against $peer: $verdict, $because", ({ target, own, peer, verdict }) => {
    expect(judge(target, own, peer)).toBe(verdict);
  });
});

describe("describeTarget()", () => {
  test.each([
    { target: atMost(1_000), unit: "us", text: "<= 1,000 us" },
    { target: atLeast(0.7), unit: "share", text: ">= 70 %" },
    { target: atMostOfPeer(0.4), unit: "us", text: "<= 0.40x Kamailio" },
    { target: atLeastOfPeer(1.5), unit: "/s", text: ">= 1.50x Kamailio" },
    { target: NO_TARGET, unit: "us", text: "" },
  ] as const)("says $text", ({ target, unit, text }) => {
    expect(describeTarget(target, unit)).toBe(text);
  });
});

describe("the pacing targets", () => {
  test.each([
    { perS: 125, most: 8, because: "1.25 + 5 * 1.118 + 2 = 8.84" },
    { perS: 1_250, most: 32, because: "12.5 + 5 * 3.536 + 2 = 32.18" },
    { perS: 1_666.67, most: 39, because: "16.67 + 5 * 4.082 + 2 = 39.08" },
  ])("allow $most probes in 10 ms at $perS/s: $because", ({ perS, most }) => {
    expect(pacingTarget10Ms(perS)).toEqual(atMost(most));
  });

  test.each([
    { perS: 1_250, target: atMost(250), because: "twice the even share of 125" },
    { perS: 1_000, target: atMost(200), because: "the rate from which it counts" },
    { perS: 999, target: NO_TARGET, because: "below it chance alone may double the share" },
  ])("at $perS/s are $target in 100 ms: $because", ({ perS, target }) => {
    expect(pacingTarget100Ms(perS)).toEqual(target);
  });
});

import { describe, expect, test } from "vitest";
import { isInScope, stateAfterLoss } from "../../../src/keepalive/policy.ts";

describe("isInScope()", () => {
  const phones = {
    plain: { isNated: false, transport: "udp" },
    nated: { isNated: true, transport: "udp" },
    stream: { isNated: false, transport: "tcp" },
    natedStream: { isNated: true, transport: "wss" },
  } as const;

  test.each([
    { scope: "off", probed: [], because: "nobody" },
    { scope: "all", probed: ["plain", "nated", "stream", "natedStream"], because: "everybody" },
    { scope: "nat", probed: ["nated", "natedStream"], because: "behind NAT, over any transport" },
    { scope: "udp", probed: ["plain", "nated"], because: "over UDP, NATed or not" },
    { scope: "nat-udp", probed: ["nated"], because: "both" },
  ] as const)("$scope -> $probed: $because", ({ scope, probed }) => {
    const inScope = Object.entries(phones).filter(([, phone]) => isInScope(scope, phone));
    expect(inScope.map(([name]) => name)).toEqual(probed);
  });
});

describe("stateAfterLoss()", () => {
  test.each([
    { state: "reachable", misses: 2, after: 3, to: "reachable", because: "one more is allowed" },
    { state: "reachable", misses: 3, after: 3, to: "unreachable", because: "exactly as many as it takes" },
    { state: "unknown", misses: 2, after: 3, to: "unknown", because: "nothing is known yet" },
    { state: "unknown", misses: 3, after: 3, to: "unreachable", because: "it never answered" },
    { state: "unreachable", misses: 1, after: 3, to: "unreachable", because: "only an answer brings it back" },
    { state: "reachable", misses: 1, after: 1, to: "unreachable", because: "the first loss is enough" },
  ] as const)("$state with $misses of $after -> $to: $because", ({ state, misses, after, to }) => {
    expect(stateAfterLoss(state, misses, after)).toBe(to);
  });
});

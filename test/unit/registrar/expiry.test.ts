import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { grantExpires } from "../../../src/registrar/expiry.ts";

const policy = { minExpiresS: 60, maxExpiresS: 7_200, defaultExpiresS: 3_000 };

describe("grantExpires()", () => {
  test.each([
    { requested: null, granted: 3_000, because: "nothing was asked for" },
    { requested: 0, granted: 0, because: "0 removes the binding and is never too brief" },
    { requested: 1, granted: "too-brief", because: "1 second is a lifetime, not a removal" },
    { requested: 59, granted: "too-brief", because: "below the minimum" },
    { requested: 60, granted: 60, because: "exactly the minimum" },
    { requested: 61, granted: 61, because: "above the minimum it is granted as asked" },
    { requested: 7_200, granted: 7_200, because: "exactly the maximum" },
    { requested: 7_201, granted: 7_200, because: "above the maximum it is shortened, not refused" },
    { requested: 4_294_967_295, granted: 7_200, because: "the largest delta-seconds is only shortened" },
  ])("$requested -> $granted: $because", ({ requested, granted }) => {
    expect(grantExpires(requested, policy)).toBe(granted);
  });

  test.each([
    { requested: 3_599, granted: "too-brief", because: "below an hour and below the minimum" },
    { requested: 3_600, granted: 3_600, because: "an hour is never too brief (RFC 3261 §10.3 step 7)" },
    { requested: 9_999, granted: 9_999, because: "nor is more than an hour" },
  ])("with a minimum of three hours, $requested -> $granted: $because", ({ requested, granted }) => {
    expect(grantExpires(requested, { minExpiresS: 10_800, maxExpiresS: 86_400, defaultExpiresS: 10_800 })).toBe(
      granted,
    );
  });

  test("never grants more than was asked for, nor more than the maximum (RFC 3261 §10.2.1.1)", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(10_000), fc.nat(100_000), (requested, minExpiresS, span) => {
        const maxExpiresS = minExpiresS + span;
        const granted = grantExpires(requested, { minExpiresS, maxExpiresS, defaultExpiresS: maxExpiresS });
        return granted === "too-brief" ? requested < minExpiresS : granted <= requested && granted <= maxExpiresS;
      }),
    );
  });
});

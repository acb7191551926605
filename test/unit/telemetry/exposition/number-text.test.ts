import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalText } from "../../../../src/telemetry/exposition/number-text.ts";

// The examples of OpenMetrics 1.0, "Canonical Numbers".
test.each([
  ...["0.0", "0.001", "0.002", "0.01", "0.1", "0.9", "0.95", "0.99", "0.999", "1.0", "1.7", "10.0"],
  ...["1e-10", "1e-09", "1e-05", "0.0001", "100000.0", "1e+06", "1e+10", "+Inf"],
])("canonicalText writes %s as the specification does", (text) => {
  expect(canonicalText(Number(text.replace("Inf", "Infinity")))).toBe(text);
});

test("canonicalText always reads back as the same number, and always says that it is a float", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const text = canonicalText(value);
      expect(Number(text) === value).toBe(true);
      expect(text).toMatch(/[.e]/);
    }),
  );
});

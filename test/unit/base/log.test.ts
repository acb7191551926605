import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { printable } from "../../../src/base/log.ts";

describe("printable()", () => {
  test.each([
    { text: "sip:alice@example.org", printed: "sip:alice@example.org", because: "ordinary text stays" },
    { text: "a\r\nforged: line", printed: "a\ufffd\ufffdforged: line", because: "a line end would forge a line" },
    { text: "\u001b[2J", printed: "\ufffd[2J", because: "an escape sequence would rule the terminal" },
    { text: "a\u0000b\u007fc\u0085d\u009fe", printed: "a\ufffdb\ufffdc\ufffdd\ufffde", because: "C0, DEL and C1" },
    { text: "\u202egro\u2066x\u2069", printed: "\ufffdgro\ufffdx\ufffd", because: "overrides would hide text" },
    { text: "\u00fcmlaut \u4e2d", printed: "\u00fcmlaut \u4e2d", because: "letters of any script stay" },
    { text: "", printed: "", because: "nothing to print" },
  ])("$because", ({ text, printed }) => {
    expect(printable(text)).toBe(printed);
  });

  test("keeps the first 200 characters", () => {
    expect(printable("x".repeat(200))).toHaveLength(200);
    expect(printable(`${"x".repeat(200)}y`)).toBe("x".repeat(200));
  });

  test("prints no control character, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
        expect(printable(text)).not.toMatch(/\p{Cc}/u);
        expect(printable(text).length).toBeLessThanOrEqual(200);
      }),
      { numRuns: 50, seed: 1 },
    );
  });
});

import { describe, expect, test } from "vitest";
import { copyText, SharedTexts } from "../../../src/location/text.ts";

describe("copyText()", () => {
  test.each([
    { text: "", because: "nothing" },
    { text: "sip:alice@192.0.2.7:5060", because: "ordinary" },
    { text: "\u0000\u007f\u0080\u00e9\u00ff", because: "every octet is one character" },
    { text: "x".repeat(65_535), because: "as long as a datagram" },
  ])("gives an equal text: $because", ({ text }) => {
    expect(copyText(text)).toBe(text);
  });

  test("gives a text that the next copy does not change", () => {
    const first = copyText("a".repeat(100));
    copyText("b".repeat(100));
    expect(first).toBe("a".repeat(100));
  });
});

describe("SharedTexts", () => {
  test("gives back equal texts, known or new", () => {
    const texts = new SharedTexts();
    expect(["a", "b", "a", "", ""].map((text) => texts.share(text))).toEqual(["a", "b", "a", "", ""]);
  });

  test("beyond its limit texts are no longer shared, but still right", () => {
    const texts = new SharedTexts();
    const names = Array.from({ length: 10_100 }, (_, i) => `agent ${i}`);
    expect(names.map((name) => texts.share(name))).toEqual(names);
    expect(names.map((name) => texts.share(name))).toEqual(names);
  });
});

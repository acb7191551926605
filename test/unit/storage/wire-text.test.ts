import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromStoredText, toStoredText } from "../../../src/storage/wire-text.ts";

const octets = fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
const utf8 = fc.string({ unit: "binary", maxLength: 32 }).map((text) => Buffer.from(text, "utf8").toString("latin1"));

describe("toStoredText() and fromStoredText()", () => {
  test("any octets come back as they were", () => {
    fc.assert(fc.property(fc.oneof(octets, utf8), (text) => fromStoredText(toStoredText(text)) === text));
  });

  test.each([
    { wire: "sip:alice@10.0.0.7", stored: "sip:alice@10.0.0.7", because: "ASCII is itself" },
    { wire: "J\u00c3\u00bcrgen", stored: "Jürgen", because: "UTF-8 becomes readable text" },
    { wire: "\u00ef\u00bb\u00bfa", stored: "\ufeffa", because: "a byte order mark is an ordinary character" },
    { wire: "J\u00fcrgen", stored: Buffer.from("4afc7267656e", "hex"), because: "ISO 8859-1 is not UTF-8: octets" },
    { wire: "\u00ed\u00a0\u0080", stored: Buffer.from("eda080", "hex"), because: "half a surrogate pair is not UTF-8" },
    { wire: "a\0b", stored: Buffer.from("610062", "hex"), because: "a NUL would end the text for others" },
    { wire: "", stored: "", because: "empty text is text" },
  ])("stores $wire: $because", ({ wire, stored }) => {
    expect(toStoredText(wire)).toEqual(stored);
    expect(fromStoredText(stored)).toBe(wire);
  });

  test("NULL is null, and a number of another program its digits", () => {
    expect(fromStoredText(null)).toBeNull();
    expect(fromStoredText(42)).toBe("42");
  });
});

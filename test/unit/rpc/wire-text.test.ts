import fc from "fast-check";
import { expect, test } from "vitest";
import { fromWire, toWire } from "../../../src/rpc/wire-text.ts";

test.each([
  { wire: "alice", text: "alice", because: "ASCII is the same in both" },
  { wire: "Zo\xc3\xab", text: "Zoë", because: "UTF-8 is decoded (RFC 3261 §7.1)" },
  { wire: "caf\xe9", text: "café", because: "what is not UTF-8 is shown as latin1, octet by octet" },
  { wire: "\xc3", text: "Ã", because: "a cut sequence stays visible" },
  { wire: "\xef\xbb\xbfx", text: "\ufeffx", because: "a byte order mark is content here" },
])("$wire reads $text: $because", ({ wire, text }) => {
  expect(fromWire(wire)).toBe(text);
});

test("any Unicode text survives the way to the wire and back", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => fromWire(toWire(text)) === text));
});

test("any octets become text that JSON carries unharmed", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (octets) => {
      const text = fromWire(Buffer.from(octets).toString("latin1"));
      expect(JSON.parse(JSON.stringify(text))).toBe(text);
      expect(text.isWellFormed()).toBe(true);
    }),
  );
});

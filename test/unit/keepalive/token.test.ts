import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BRANCH_LENGTH, hex32, printBranch, Token } from "../../../src/keepalive/token.ts";

const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const BRANCH = printBranch(0x2a, 0x9f31c2d4, 0x1b0f66d2, 0xa90c4e77);

function read(text: string, start = 0, end = text.length) {
  const token = new Token();
  const isRead = token.read(Buffer.from(text, "latin1"), start, end);
  return isRead ? { slot: token.slot, epoch: token.epoch, high: token.high, low: token.low } : null;
}

describe("hex32()", () => {
  test.each([
    { number: 0, printed: "00000000" },
    { number: 0xabc, printed: "00000abc" },
    { number: 2 ** 31, printed: "80000000" },
    { number: 2 ** 32 - 1, printed: "ffffffff" },
  ])("of $number is $printed", ({ number, printed }) => {
    expect(hex32(number)).toBe(printed);
  });
});

describe("a branch", () => {
  test("begins with the magic cookie and has every part in its place (RFC 3261 §8.1.1.7)", () => {
    expect(BRANCH).toBe("z9hG4bKsp0000002a9f31c2d41b0f66d2a90c4e77");
    expect(BRANCH).toHaveLength(BRANCH_LENGTH);
  });

  test("is read as it was printed, anywhere in a message", () => {
    fc.assert(
      fc.property(word, word, word, word, fc.nat(20), (slot, epoch, high, low, before) => {
        const text = `${"x".repeat(before)}${printBranch(slot, epoch, high, low)};rport`;
        expect(read(text, before, before + BRANCH_LENGTH)).toEqual({ slot, epoch, high, low });
      }),
      { seed: 50 },
    );
  });

  test("changed in any one octet is another token or none, never the same", () => {
    const original = read(BRANCH);
    for (let at = 0; at < BRANCH.length; at++) {
      for (let octet = 0; octet < 256; octet++) {
        const changed = BRANCH.slice(0, at) + String.fromCharCode(octet) + BRANCH.slice(at + 1);
        if (changed === BRANCH) continue;
        const isDigit = at >= "z9hG4bKsp".length && /[0-9a-f]/.test(String.fromCharCode(octet));
        const token = read(changed);
        if (isDigit) expect(token).not.toEqual(original);
        expect(token === null, `octet ${at} = ${octet}`).toBe(!isDigit);
      }
    }
  });

  test.each([
    { text: "", because: "nothing" },
    { text: BRANCH.slice(0, -1), because: "an octet short" },
    { text: `${BRANCH}0`, because: "an octet long" },
    { text: BRANCH.toUpperCase(), because: "a branch is compared as it was sent" },
    { text: `z9hG4bK-${BRANCH.slice(8)}`, because: "somebody else's branch" },
  ])("is not $text: $because", ({ text }) => {
    expect(read(text)).toBeNull();
  });
});

import { describe, expect, test } from "vitest";
import { fraction, type Random, randomHex, secureRandom, seededRandom } from "../../../src/base/random.ts";

const draw = (random: Random, count: number): number[] => Array.from({ length: count }, () => random.u32());

describe("seededRandom()", () => {
  test("tells the same story for the same seed, and another one for another", () => {
    expect(draw(seededRandom(7), 50)).toEqual(draw(seededRandom(7), 50));
    expect(draw(seededRandom(7), 50)).not.toEqual(draw(seededRandom(8), 50));
  });
});

describe.each([
  { name: "seededRandom()", open: () => seededRandom(1) },
  { name: "secureRandom()", open: secureRandom },
])("$name", ({ open }) => {
  test("gives whole numbers from 0 to 2^32-1, in all their bits", () => {
    const numbers = draw(open(), 20_000);
    expect(numbers.every((number) => Number.isInteger(number) && number >= 0 && number < 2 ** 32)).toBe(true);
    for (let bit = 0; bit < 32; bit++) {
      const ones = numbers.filter((number) => (number >>> bit) & 1).length;
      expect(Math.abs(ones - 10_000), `bit ${bit}`).toBeLessThan(500); // Seven standard deviations.
    }
  });

  test("does not repeat itself when its pool is filled again", () => {
    expect(new Set(draw(open(), 10_000)).size).toBeGreaterThan(9_990);
  });
});

describe("fraction()", () => {
  test.each([
    { word: 0, is: 0 },
    { word: 2 ** 31, is: 0.5 },
    { word: 2 ** 32 - 1, is: 1 - 2 ** -32 },
  ])("of $word is $is, never 1", ({ word, is }) => {
    expect(fraction({ u32: () => word })).toBe(is);
  });
});

describe("randomHex()", () => {
  test("prints eight digits per word, small numbers padded", () => {
    const words = [0, 0xabc, 0xffffffff];
    expect(randomHex({ u32: () => words.shift() ?? 0 }, 3)).toBe("0000000000000abcffffffff");
  });

  test("of no words is empty", () => {
    expect(randomHex(seededRandom(1), 0)).toBe("");
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sumOf } from "../../../bench/exposition.ts";
import { formatFigure, median, ratioOf } from "../../../bench/figures.ts";

describe("median()", () => {
  test.each([
    { values: [], middle: null, because: "there is nothing" },
    { values: [null, null], middle: null, because: "nothing was measured" },
    { values: [7], middle: 7, because: "one run is its own median" },
    { values: [9, 1, 2], middle: 2, because: "the middle one in order of size, not of time" },
    { values: [100, 9, 20], middle: 20, because: "numbers are not compared as text" },
    { values: [1, 2, 3, 10], middle: 2.5, because: "the mean of the two in the middle" },
    { values: [5, null, 3], middle: 4, because: "a failed run does not count" },
  ])("of $values is $middle: $because", ({ values, middle }) => {
    expect(median(values)).toBe(middle);
  });

  test("has as many values above it as below, in any order", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1_000, max: 1_000 }), { minLength: 1, maxLength: 40 }), (values) => {
        const middle = median(values) as number;
        const below = values.filter((value) => value < middle).length;
        const above = values.filter((value) => value > middle).length;
        expect(Math.max(below, above)).toBeLessThanOrEqual(values.length / 2);
        expect(median([...values].reverse())).toBe(middle);
      }),
    );
  });

  test("leaves the values in their order", () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });
});

test.each([
  { value: 30, base: 20, ratio: 1.5, because: "plain division" },
  { value: 0, base: 20, ratio: 0, because: "nothing lost is a figure" },
  { value: 1, base: 0, ratio: null, because: "there is no multiple of nothing" },
  { value: null, base: 20, ratio: null, because: "our figure is missing" },
  { value: 20, base: null, ratio: null, because: "the other figure is missing" },
])("the ratio of $value to $base is $ratio: $because", ({ value, base, ratio }) => {
  expect(ratioOf(value, base)).toBe(ratio);
});

test.each([
  { value: 16_735.4, unit: "/s", text: "16,735 /s", because: "no fraction from 100 on" },
  { value: 12.345, unit: "us", text: "12.3 us", because: "three digits" },
  { value: 0.298, unit: "x", text: "0.30x", because: "a multiple sticks to its sign" },
  { value: 0.3079, unit: "share", text: "30.8 %", because: "a share is a percentage for people only" },
  { value: 0, unit: "share", text: "0 %", because: "nothing is nothing" },
  { value: 31, unit: "count", text: "31", because: "whole numbers have no fraction" },
] as const)("$value is written $text: $because", ({ value, unit, text }) => {
  expect(formatFigure(value, unit)).toBe(text);
});

describe("sumOf()", () => {
  const exposition = [
    "# TYPE sip_a_total counter",
    'sip_a_total{transport="udp"} 3',
    'sip_a_total{transport="tcp"} 4',
    "sip_a_total_more 100",
    "sip_b 1e3",
    "",
  ].join("\n");

  test.each([
    { name: "sip_a_total", sum: 7, because: "all series count" },
    { name: "sip_b", sum: 1_000, because: "a series without labels counts too" },
    { name: "sip_a", sum: null, because: "the beginning of a name is another name" },
    { name: "sip_c", sum: null, because: "it is not there, which is not 0" },
  ])("$name: $sum, $because", ({ name, sum }) => {
    expect(sumOf(exposition, name)).toBe(sum);
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  durationMs,
  durationS,
  type Kind,
  listOf,
  oneOf,
  optional,
  parseDurationMs,
  printDuration,
  ratio,
  type Written,
  wholeNumber,
  yesOrNo,
} from "../../../src/config/kinds.ts";

/** The value, or the end of "must be …". */
function read<T>(kind: Kind<T>, written: Written): T | { mustBe: string | undefined } {
  const result = kind.schema.safeParse(written);
  return result.success ? result.data : { mustBe: result.error.issues[0]?.message };
}

describe("a duration", () => {
  const kind = durationMs({ min: "500ms", max: "1h" });
  const form = { mustBe: "a duration such as 500ms, 30s or 5m" };
  test.each([
    { text: "500ms", value: 500, because: "milliseconds, and exactly the minimum" },
    { text: "30s", value: 30_000, because: "seconds" },
    { text: "5m", value: 300_000, because: "m is minutes, never milliseconds" },
    { text: "1h", value: 3_600_000, because: "hours, and exactly the maximum" },
    { text: "007s", value: 7_000, because: "leading zeros are decimal, not octal" },
    { text: "499ms", value: { mustBe: "at least 500ms" }, because: "below the minimum" },
    { text: "61m", value: { mustBe: "at most 1h" }, because: "above the maximum" },
    { text: "30", value: form, because: "a unit is missing" },
    { text: "1.5s", value: form, because: "fractions are written in the smaller unit" },
    { text: "30 s", value: form, because: "a space is not part of it" },
    { text: "30S", value: form, because: "units are lower case" },
    { text: "-30s", value: form, because: "time does not run backwards" },
    { text: "1h30m", value: form, because: "one unit is enough" },
    { text: "1d", value: form, because: "days are not among the documented units" },
    { text: "1000000000ms", value: form, because: "ten digits are no longer read" },
    { text: "", value: form, because: "nothing is not a duration" },
    { text: "30s\n", value: form, because: "a line feed behind it is not part of it" },
  ])("$text -> $value: $because", ({ text, value }) => {
    expect(read(kind, text)).toEqual(value);
  });

  test("is printed so that it reads back as the same number of milliseconds, whatever the number", () => {
    fc.assert(
      fc.property(fc.nat({ max: 999_999_999 }), (ms) => {
        expect(parseDurationMs(printDuration(ms))).toBe(ms);
      }),
    );
  });

  test("is read exactly in every unit, whatever the number", () => {
    const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
    const unit = fc.constantFrom(...(Object.keys(units) as Array<keyof typeof units>));
    fc.assert(
      fc.property(fc.nat({ max: 999_999_999 }), unit, (count, name) => {
        expect(parseDurationMs(`${count}${name}`)).toBe(count * units[name]);
      }),
    );
  });

  test("is never read from a text of another form, whatever the text", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseDurationMs(text) === null).toBe(!/^[0-9]{1,9}(ms|s|m|h)$/.test(text) || text.endsWith("\n"));
      }),
    );
  });

  test.each([
    { ms: 0, text: "0s" },
    { ms: 1_600, text: "1600ms" },
    { ms: 90_000, text: "90s" },
    { ms: 60_000, text: "1m" },
    { ms: 7_200_000, text: "2h" },
  ])("$ms ms are printed as $text: the largest unit without a fraction", ({ ms, text }) => {
    expect(printDuration(ms)).toBe(text);
  });
});

describe("other kinds", () => {
  const seconds = durationS({ min: "1s", max: "1h" });
  const word = oneOf(["json", "pretty"]);
  const count = wholeNumber({ min: 0, max: 10 });
  const numberForm = { mustBe: "a whole number from 0 to 10" };
  const ratioForm = { mustBe: "a ratio from 0 to 1 such as 0.1" };
  const list = listOf(count, { atLeast: 1 });
  test.each([
    { kind: seconds, written: "2m", value: 120, because: "SIP counts seconds" },
    { kind: seconds, written: "2000ms", value: 2, because: "milliseconds are fine when they are whole seconds" },
    { kind: seconds, written: "1500ms", value: { mustBe: "whole seconds such as 30s or 5m" }, because: "1.5 s" },
    { kind: seconds, written: "0s", value: { mustBe: "at least 1s" }, because: "the range of milliseconds holds" },
    { kind: word, written: "json", value: "json", because: "one of the words" },
    { kind: word, written: "JSON", value: { mustBe: "one of json, pretty" }, because: "words are case-sensitive" },
    { kind: yesOrNo, written: "true", value: true, because: "YAML's own word" },
    { kind: yesOrNo, written: "on", value: true, because: "what people say" },
    { kind: yesOrNo, written: "off", value: false, because: "what people say" },
    { kind: yesOrNo, written: "1", value: { mustBe: "true or false" }, because: "a number is not a yes" },
    { kind: count, written: "10", value: 10, because: "exactly the maximum" },
    { kind: count, written: "11", value: numberForm, because: "above the maximum" },
    { kind: count, written: "-1", value: numberForm, because: "below the minimum" },
    { kind: count, written: "1e1", value: numberForm, because: "no exponents" },
    { kind: count, written: "", value: numberForm, because: "nothing is not 0" },
    { kind: ratio(), written: "0.25", value: 0.25, because: "a share" },
    { kind: ratio(), written: "1", value: 1, because: "all of it" },
    { kind: ratio(), written: ".5", value: 0.5, because: "the zero may be left out" },
    { kind: ratio(), written: "1.01", value: ratioForm, because: "more than all of it" },
    { kind: ratio(), written: "10%", value: ratioForm, because: "no percentages" },
    { kind: ratio(), written: "", value: ratioForm, because: "nothing is not 0" },
    {
      kind: ratio({ max: 0.9 }),
      written: "0.95",
      value: { mustBe: "a ratio from 0 to 0.9 such as 0.1" },
      because: "max",
    },
    { kind: optional(count), written: "", value: null, because: "nothing" },
    { kind: optional(count), written: "3", value: 3, because: "something" },
    { kind: optional(count), written: "x", value: numberForm, because: "something else" },
    { kind: list, written: ["1", "2"], value: [1, 2], because: "in the order given" },
    { kind: list, written: ["2", "02"], value: { mustBe: "a list without repetitions" }, because: "2 is 2" },
    { kind: list, written: ["1", "x"], value: numberForm, because: "each entry is checked" },
    { kind: list, written: [], value: { mustBe: "a list of at least 1: whole number from 0 to 10" }, because: "empty" },
    {
      kind: listOf(oneOf(["a"])),
      written: Array.from({ length: 1_001 }, () => "a"),
      value: { mustBe: "a list of at most 1000 entries" },
      because: "a list is bounded",
    },
  ])("$written: $because", ({ kind, written, value }) => {
    expect(read(kind as Kind<unknown>, written)).toEqual(value);
  });

  test("what a kind prints, it reads again", () => {
    expect(z.encode(seconds.schema, 120)).toBe("2m");
    expect(z.encode(optional(count).schema, null)).toBe("");
    expect(z.encode(list.schema, [1, 2])).toEqual(["1", "2"]);
  });
});

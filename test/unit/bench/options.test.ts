import { describe, expect, test } from "vitest";
import { PARTS, readOptions, UsageError } from "../../../bench/options.ts";
import { planOf, populationOf } from "../../../bench/plan.ts";

describe("readOptions()", () => {
  test("without options measures everything three times at three sizes", () => {
    expect(readOptions([])).toEqual({
      parts: PARTS,
      contacts: [1_000, 10_000, 50_000],
      runs: 3,
      isStrict: false,
      isHelp: false,
    });
  });

  test.each([
    { args: ["--quick"], found: { contacts: [10_000], runs: 1 }, because: "quick is one run of one size" },
    { args: ["--quick", "--runs", "5"], found: { runs: 5 }, because: "what is said wins over quick" },
    { args: ["--contacts", "500, 2000"], found: { contacts: [500, 2_000] }, because: "a list with a blank" },
    { args: ["--only", "ka,mem"], found: { parts: ["ka", "mem"] }, because: "a list of parts" },
    { args: ["--strict"], found: { isStrict: true }, because: "a switch" },
  ])("$args: $because", ({ args, found }) => {
    expect(readOptions(args)).toMatchObject(found);
  });

  test.each([
    { args: ["--only", "keepalive"], names: "keepalive", because: "no such part" },
    { args: ["--contacts", "9"], names: "9", because: "too few to pace" },
    { args: ["--contacts", "1e4"], names: "1e4", because: "not a whole number" },
    { args: ["--runs", "0"], names: "0", because: "a median of nothing" },
    { args: ["--run", "3"], names: "--run", because: "no such option" },
    { args: ["fast"], names: "fast", because: "no words without an option" },
  ])("refuses $args: $because", ({ args, names }) => {
    expect(() => readOptions(args)).toThrow(UsageError);
    expect(() => readOptions(args)).toThrow(names);
  });
});

describe("planOf()", () => {
  test("has every part, and each row in one measurement only", () => {
    const rows = planOf({ parts: PARTS, contacts: [1_000, 10_000, 50_000] }).flatMap((measurement) => measurement.rows);
    expect(new Set(rows.map(({ part }) => part))).toEqual(new Set(PARTS));
    expect(new Set(rows.map(({ what, unit }) => `${what} ${unit}`)).size).toBe(rows.length);
  });

  test("gives measurements names of their own, because samples are found by them", () => {
    const names = planOf({ parts: PARTS, contacts: [1_000, 10_000, 50_000] }).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  test("leaves out what no wanted row needs", () => {
    const plan = planOf({ parts: ["pacing"], contacts: [1_000] });
    expect(plan.map(({ name }) => name)).toEqual(["keepalives, 1,000 / 8 s, a scrape per second"]);
    expect(plan[0]!.rows.map(({ part }) => part)).toEqual(["pacing", "pacing"]);
  });

  test.each([
    { contacts: 1_000, intervalS: 8 },
    { contacts: 10_000, intervalS: 8 },
    { contacts: 50_000, intervalS: 30 },
  ])("probes each of $contacts contacts every $intervalS s", ({ contacts, intervalS }) => {
    expect(populationOf(contacts)).toEqual({ contacts, intervalS });
  });
});

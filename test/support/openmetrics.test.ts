import { describe, expect, test } from "vitest";
import { parseOpenMetrics } from "./openmetrics.ts";

const HISTOGRAM = [
  "# TYPE w_seconds histogram",
  "# UNIT w_seconds seconds",
  'w_seconds_bucket{le="0.5"} 1 # {trace_id="a"} 0.25 1.5',
  'w_seconds_bucket{le="+Inf"} 2',
  "w_seconds_sum 3",
  "w_seconds_count 2",
  "w_seconds_created 1.5",
];

describe("parseOpenMetrics", () => {
  test("reads families with everything they say", () => {
    const lines = [
      '# HELP c Say \\"a\\\\b\\"\\nagain.',
      "# TYPE c counter",
      'c_total{x="1\\n",y="\\\\"} 3',
      ...HISTOGRAM,
      "# EOF\n",
    ];
    expect(parseOpenMetrics(lines.join("\n"))).toMatchObject([
      {
        name: "c",
        type: "counter",
        help: 'Say "a\\b"\nagain.',
        unit: "",
        samples: [
          {
            name: "c_total",
            labels: [
              ["x", "1\n"],
              ["y", "\\"],
            ],
            value: "3",
            exemplar: null,
          },
        ],
      },
      {
        name: "w_seconds",
        type: "histogram",
        unit: "seconds",
        samples: [
          { exemplar: { labels: [["trace_id", "a"]], value: "0.25", timestamp: "1.5" } },
          { value: "2" },
          { name: "w_seconds_sum" },
          { name: "w_seconds_count" },
          { name: "w_seconds_created" },
        ],
      },
    ]);
  });

  const histogramWith = (from: string, to: string) => HISTOGRAM.map((line) => (line === from ? to : line));

  test.each([
    { lines: ["# TYPE g gauge", "g"], says: 'expected " "', because: "a sample has a value" },
    { lines: ["# TYPE g gauge", "g  1"], says: "expected a value", because: "one space" },
    { lines: ["# TYPE g gauge", "g 1 "], says: 'expected " # "', because: "nothing at the end" },
    { lines: ["# TYPE g gauge", "g 0x1"], says: 'expected " # "', because: "numbers are decimal" },
    { lines: ["# TYPE g gauge", "g 1e5.5"], says: 'expected " # "', because: "exponents are whole" },
    { lines: ["# TYPE g gauge", 'g{a="1",} 1'], says: "expected a label name", because: "a comma too many" },
    { lines: ["# TYPE g gauge", 'g{a="1} 1'], says: "closing quote", because: "an open quote" },
    { lines: ["# TYPE g gauge", 'g{a="\\t"} 1'], says: "no such escape", because: "three escapes exist" },
    { lines: ["# TYPE g gauge", 'g{a="1",a="2"} 1'], says: "a label twice", because: "labels are a set" },
    { lines: ["# TYPE g gauge", "g 1", "g 1"], says: "a series twice", because: "a series has one value" },
    { lines: ["# TYPE g gauge", "", "g 1"], says: "empty lines", because: "0.0.4 has them, this format not" },
    { lines: ["# a comment"], says: "not a descriptor", because: "there are no comments" },
    { lines: ["g 1"], says: "no TYPE", because: "types come first" },
    {
      lines: ["# TYPE g gauge", "g 1", "# HELP g Late."],
      says: "after its samples",
      because: "descriptors come first",
    },
    { lines: ["# TYPE g gauge", "# TYPE g gauge"], says: "twice", because: "a descriptor comes once" },
    { lines: ["# TYPE g thing"], says: "no such type", because: "types are a closed set" },
    { lines: ['# HELP g Say "a".'], says: "escaped in HELP", because: "quotes are escaped in help as well" },
    { lines: ["# TYPE g gauge", "# UNIT g seconds"], says: "does not end with", because: "the name carries the unit" },
    {
      lines: ["# TYPE a gauge", "a 1", "# TYPE b gauge", "# HELP a Again."],
      says: "interleaved",
      because: "a family is in one place",
    },
    { lines: ["# TYPE c counter", "c 1"], says: "no sample of the counter", because: "a counter sample has _total" },
    { lines: ["# TYPE c_total counter", "c_total_total -1"], says: "must not be -1", because: "counters do not sink" },
    { lines: ["# TYPE c counter", "c_total NaN"], says: "must not be NaN", because: "a counter counts" },
    {
      lines: ["# TYPE c counter", "# TYPE c_total gauge", "c_total 1"],
      says: "share c_total",
      because: "two families, one sample name",
    },
    {
      lines: ["# TYPE g gauge", 'g 1 # {a="b"} 1'],
      says: "may not have an exemplar",
      because: "exemplars are for counters and buckets",
    },
    {
      lines: ["# TYPE c counter", `c_total 1 # {a="${"x".repeat(128)}"} 1`],
      says: "129 characters",
      because: "names count too",
    },
    {
      lines: ["# TYPE c counter", 'c_total{a="1"} 1', 'c_total{a="2"} 1', 'c_created{a="1"} 1'],
      says: "not together",
      because: "samples of one metric follow each other",
    },
    {
      lines: histogramWith('w_seconds_bucket{le="+Inf"} 2', 'w_seconds_bucket{le="1"} 2'),
      says: "not a canonical number",
      because: "bounds look the same from everyone",
    },
    {
      lines: histogramWith('w_seconds_bucket{le="+Inf"} 2', 'w_seconds_bucket{le="1.0"} 2'),
      says: "no bucket for +Inf",
      because: "everything falls somewhere",
    },
    {
      lines: histogramWith('w_seconds_bucket{le="+Inf"} 2', 'w_seconds_bucket{le="+Inf"} 0'),
      says: "not cumulative",
      because: "a bucket contains those below it",
    },
    { lines: histogramWith("w_seconds_count 2", "w_seconds_count 3"), says: "not that of +Inf", because: "one count" },
    { lines: histogramWith("w_seconds_count 2", "w_seconds_count 2.0"), says: "is no count", because: "whole numbers" },
    {
      lines: histogramWith("w_seconds_sum 3", 'w_seconds_sum{le="1.0"} 3'),
      says: "with 1 bounds",
      because: "le is for buckets",
    },
    {
      lines: HISTOGRAM.filter((line) => !line.includes("_sum")),
      says: "one count and one sum",
      because: "they come together",
    },
  ])("refuses $says: $because", ({ lines, says }) => {
    expect(() => parseOpenMetrics([...lines, "# EOF\n"].join("\n"))).toThrow(says);
  });

  test.each([
    { body: "", because: "empty" },
    { body: "# TYPE g gauge\ng 1\n", because: "cut before the end mark" },
    { body: "# EOF\n# TYPE g gauge\ng 1\n", because: "something after the end mark" },
    { body: "# EOF", because: "the last line does not end" },
  ])("refuses a body that does not end with the end mark: $because", ({ body }) => {
    expect(() => parseOpenMetrics(body)).toThrow("must end with # EOF");
  });
});

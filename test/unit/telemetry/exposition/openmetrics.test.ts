import { describe, expect, test } from "vitest";
import { encodeOpenMetrics } from "../../../../src/telemetry/exposition/openmetrics.ts";
import { encodeText } from "../../../../src/telemetry/exposition/text.ts";
import {
  aCounter,
  aGauge,
  aHistogramFamily,
  aHistogramPoint,
  anExemplar,
  aPoint,
  CREATED_S,
} from "../../../fakes/exposition.ts";
import { parseOpenMetrics } from "../../../support/openmetrics.ts";

const EXEMPLAR_TEXT = '# {trace_id="0af7651916cd43dd8448eb211c80319c",span_id="b7ad6b7169203331"} 0.25 1800000001.5';

describe("encodeOpenMetrics", () => {
  test("a counter's family is named without _total, its sample with it, and _created follows", () => {
    const point = aPoint(3, { labels: [["code", "200"]], createdS: CREATED_S, exemplar: anExemplar() });
    expect(encodeOpenMetrics([aCounter([point])])).toBe(
      [
        "# HELP sip_things Things.",
        "# TYPE sip_things counter",
        `sip_things_total{code="200"} 3 ${EXEMPLAR_TEXT}`,
        'sip_things_created{code="200"} 1800000000.25',
        "# EOF\n",
      ].join("\n"),
    );
  });

  test("a histogram has its unit, canonical bounds, and exemplars on the buckets they fell into", () => {
    const exemplars = [null, anExemplar(), null, null];
    expect(encodeOpenMetrics([aHistogramFamily([aHistogramPoint({ createdS: CREATED_S, exemplars })])])).toBe(
      [
        "# HELP sip_wait_seconds Waiting.",
        "# TYPE sip_wait_seconds histogram",
        "# UNIT sip_wait_seconds seconds",
        'sip_wait_seconds_bucket{le="0.1"} 1',
        `sip_wait_seconds_bucket{le="0.25"} 2 ${EXEMPLAR_TEXT}`,
        'sip_wait_seconds_bucket{le="10.0"} 2',
        'sip_wait_seconds_bucket{le="+Inf"} 3',
        "sip_wait_seconds_sum 30.25",
        "sip_wait_seconds_count 3",
        "sip_wait_seconds_created 1800000000.25",
        "# EOF\n",
      ].join("\n"),
    );
  });

  test.each([
    { name: "sip_cpu_seconds_total", unit: "seconds", because: "the unit stands before _total" },
    { name: "sip_cpu_total", unit: "", because: "a unit that the name lacks makes the body invalid" },
    { name: "sip_milliseconds_total", unit: "", because: "half a word is not the unit" },
  ])("the UNIT of $name is '$unit': $because", ({ name, unit }) => {
    const [family] = parseOpenMetrics(encodeOpenMetrics([{ ...aCounter([], name), unit: "seconds" }]));
    expect(family?.unit).toBe(unit);
  });

  test("nothing to expose is the end mark alone", () => {
    expect(encodeOpenMetrics([])).toBe("# EOF\n");
  });

  test.each([
    { characters: 128, isKept: true, because: "the most that is allowed" },
    { characters: 129, isKept: false, because: "one more, and a strict reader refuses the whole scrape" },
  ])("an exemplar with $characters characters is kept: $isKept, because $because", ({ characters, isKept }) => {
    // Telephone signs are two UTF-16 units and one character each.
    const labels = [["id", "\u{1f4de}".repeat(characters - 2)]] as const;
    const body = encodeOpenMetrics([aCounter([aPoint(1, { exemplar: anExemplar({ labels }) })])]);
    const sample = parseOpenMetrics(body)[0]?.samples[0];
    expect(sample?.value).toBe("1");
    expect(sample?.exemplar !== null).toBe(isKept);
  });

  test.each([
    { what: "its value", exemplar: anExemplar({ value: Number.NaN }) },
    { what: "its time", exemplar: anExemplar({ timestampS: Number.POSITIVE_INFINITY }) },
  ])("an exemplar that is not finite in $what is left out", ({ exemplar }) => {
    expect(encodeOpenMetrics([aCounter([aPoint(1, { exemplar })])])).not.toContain("trace_id");
  });
});

describe("encodeText", () => {
  test("has neither units, creation times nor exemplars, and an empty line between families", () => {
    const exemplars = [null, anExemplar(), null, null];
    const families = [
      aCounter([aPoint(3, { createdS: CREATED_S, exemplar: anExemplar() })]),
      aHistogramFamily([aHistogramPoint({ createdS: CREATED_S, exemplars, labels: [["domain", "a"]] })]),
    ];
    expect(encodeText(families)).toBe(
      [
        "# HELP sip_things_total Things.",
        "# TYPE sip_things_total counter",
        "sip_things_total 3",
        "",
        "# HELP sip_wait_seconds Waiting.",
        "# TYPE sip_wait_seconds histogram",
        'sip_wait_seconds_bucket{le="0.1",domain="a"} 1',
        'sip_wait_seconds_bucket{le="0.25",domain="a"} 2',
        'sip_wait_seconds_bucket{le="10",domain="a"} 2',
        'sip_wait_seconds_bucket{le="+Inf",domain="a"} 3',
        'sip_wait_seconds_sum{domain="a"} 30.25',
        'sip_wait_seconds_count{domain="a"} 3',
        "",
      ].join("\n"),
    );
  });

  test("nothing to expose is an empty body", () => {
    expect(encodeText([])).toBe("");
  });

  test.each([
    { value: Number.POSITIVE_INFINITY, text: "+Inf" },
    { value: Number.NEGATIVE_INFINITY, text: "-Inf" },
    { value: Number.NaN, text: "NaN" },
    { value: 1e21, text: "1e+21" },
    { value: 5e-324, text: "5e-324" },
  ])("writes $value as $text", ({ value, text }) => {
    expect(encodeText([aGauge([aPoint(value)])])).toContain(`sip_things ${text}\n`);
  });
});

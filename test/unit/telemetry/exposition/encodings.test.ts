import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { followable } from "../../../../src/telemetry/exposition/exemplar.ts";
import type { Exemplar, ExpositionFamily, Labels } from "../../../../src/telemetry/exposition/model.ts";
import { carriedUnit, stemOf } from "../../../../src/telemetry/exposition/names.ts";
import type { Encoding } from "../../../../src/telemetry/exposition/negotiate.ts";
import { encode } from "../../../../src/telemetry/exposition/render.ts";
import {
  aCounter,
  aGauge,
  aHistogramFamily,
  aHistogramPoint,
  anExemplar,
  anyFamilies,
  aPoint,
  CREATED_S,
} from "../../../fakes/exposition.ts";
import { parseOpenMetrics } from "../../../support/openmetrics.ts";
import { bucketCounts, decodeProtobuf, type ProtoExemplar } from "../../../support/prometheus-protobuf.ts";
import { parseText } from "../../../support/prometheus-text.ts";
import { numberOf, type SampleLine } from "../../../support/sample-line.ts";

const ENCODINGS: readonly Encoding[] = ["text", "openmetrics", "protobuf"];

/** Name, labels and value of every number in a scrape, whatever its encoding. Bounds are numbers. */
type Flat = ReadonlyMap<string, number>;

const keyOf = (name: string, labels: Labels): string => JSON.stringify([name, [...labels].sort()]);

/** What the model says the scrape has, written down without any encoder. */
function flatModel(families: readonly ExpositionFamily[]): Flat {
  const flat = new Map<string, number>();
  for (const family of families) {
    if (family.type !== "histogram") {
      for (const { labels, value } of family.points) flat.set(keyOf(family.name, labels), value);
      continue;
    }
    for (const { labels, bounds, counts, sum } of family.points) {
      const total = (end: number) => counts.slice(0, end).reduce((all, count) => all + count, 0);
      [...bounds, Number.POSITIVE_INFINITY].forEach((bound, i) => {
        flat.set(keyOf(`${family.name}_bucket`, [...labels, ["le", String(bound)]]), total(i + 1));
      });
      flat.set(keyOf(`${family.name}_sum`, labels), sum);
      flat.set(keyOf(`${family.name}_count`, labels), total(counts.length));
    }
  }
  return flat;
}

function flatLines(families: readonly { readonly samples: readonly SampleLine[] }[]): Flat {
  const samples = families.flatMap((family) => family.samples).filter(({ name }) => !name.endsWith("_created"));
  return new Map(
    samples.map(({ name, labels, value }) => {
      const plain = labels.map(([label, text]) => [label, label === "le" ? String(numberOf(text)) : text] as const);
      return [keyOf(name, plain), numberOf(value)];
    }),
  );
}

function flatProtobuf(body: Uint8Array): Flat {
  const flat = new Map<string, number>();
  for (const { name, metric } of decodeProtobuf(body)) {
    for (const { label, gauge, counter, histogram } of metric) {
      const labels = label.map((pair) => [pair.name, pair.value] as const);
      const value = gauge?.value ?? counter?.value;
      if (value !== undefined) flat.set(keyOf(name, labels), value);
      for (const { upperBound, cumulativeCount } of histogram?.bucket ?? []) {
        flat.set(keyOf(`${name}_bucket`, [...labels, ["le", String(upperBound)]]), cumulativeCount);
      }
      if (histogram === null) continue;
      flat.set(keyOf(`${name}_sum`, labels), histogram.sampleSum);
      flat.set(keyOf(`${name}_count`, labels), histogram.sampleCount);
    }
  }
  return flat;
}

function decoded(families: readonly ExpositionFamily[], encoding: Encoding): Flat {
  const body = encode(families, encoding);
  if (encoding === "protobuf") return flatProtobuf(body);
  return flatLines(encoding === "text" ? parseText(body.toString()) : parseOpenMetrics(body.toString()));
}

describe("whatever is exposed", () => {
  test.each(ENCODINGS)("%s says what the model says: every series once, every number exact", (encoding) => {
    fc.assert(
      fc.property(anyFamilies, (families) => {
        expect(decoded(families, encoding)).toEqual(flatModel(families));
      }),
    );
  });

  test("help and type are the same in each encoding, and the unit where one is told", () => {
    fc.assert(
      fc.property(anyFamilies, (families) => {
        const heads = families.map(({ name, help, type }) => ({ name, help, type }));
        const text = parseText(encode(families, "text").toString());
        expect(text.map(({ name, help, type }) => ({ name, help, type }))).toEqual(heads);
        const open = parseOpenMetrics(encode(families, "openmetrics").toString());
        const units = families.map(carriedUnit);
        expect(open.map(({ name, help, type, unit }) => ({ name, help, type, unit }))).toEqual(
          heads.map((head, i) => ({ ...head, name: stemOf(head.name, head.type), unit: units[i] })),
        );
        const proto = decodeProtobuf(encode(families, "protobuf"));
        expect(proto.map(({ name, help, type, unit }) => ({ name, help, type: type.toLowerCase(), unit }))).toEqual(
          heads.map((head, i) => ({ ...head, unit: units[i] })),
        );
      }),
    );
  });

  test("native buckets come back from protobuf as they are, zeros between them filled in", () => {
    fc.assert(
      fc.property(anyFamilies, (families) => {
        const sent = families.flatMap((family) => (family.type === "histogram" ? family.points : []));
        const got = decodeProtobuf(encode(families, "protobuf")).flatMap(({ metric }) =>
          metric.flatMap(({ histogram }) => histogram ?? []),
        );
        sent.forEach(({ native }, i) => {
          const histogram = got[i];
          if (histogram === undefined) throw new Error(`histogram ${i} is missing`);
          const { schema, zeroThreshold, zeroCount } = native ?? { schema: 0, zeroThreshold: 0, zeroCount: 0 };
          expect(histogram).toMatchObject({ schema, zeroThreshold, zeroCount });
          const counts = (native?.counts ?? []).map((count, at) => [(native?.firstIndex ?? 0) + at, count] as const);
          const populated = [...bucketCounts(histogram)].filter(([, count]) => count > 0);
          expect(populated).toEqual(counts.filter(([, count]) => count > 0));
          // What tells a reader that there is a native histogram at all.
          expect(histogram.positiveSpan.length > 0).toBe(native !== null);
        });
      }),
    );
  });

  test("exemplars and creation times are the same in OpenMetrics and protobuf", () => {
    fc.assert(
      fc.property(anyFamilies, (families) => {
        const sent = families.flatMap(({ points }) => points.flatMap(traced)).filter(followable);
        const lines = parseOpenMetrics(encode(families, "openmetrics").toString()).flatMap(({ samples }) => samples);
        expect(lines.flatMap(({ exemplar }) => (exemplar === null ? [] : [fromLine(exemplar)]))).toEqual(sent);
        const metrics = decodeProtobuf(encode(families, "protobuf")).flatMap(({ metric }) => metric);
        const exemplars = metrics.flatMap(({ counter, histogram }) => {
          return [counter?.exemplar, ...(histogram?.bucket ?? []).map(({ exemplar }) => exemplar)];
        });
        expect(exemplars.flatMap((exemplar) => (exemplar == null ? [] : [fromProto(exemplar)]))).toEqual(sent);

        const began = families.flatMap(({ points }) => points.map(({ createdS }) => createdS));
        const created = lines.filter(({ name }) => name.endsWith("_created")).map(({ value }) => Number(value));
        expect(created).toEqual(began.filter((time) => time !== null));
        const stamps = metrics.map(({ counter, histogram }) => {
          const stamp = counter?.createdTimestamp ?? histogram?.createdTimestamp ?? null;
          return stamp === null ? null : secondsOf(stamp);
        });
        expect(stamps).toEqual(began);
      }),
    );
  });
});

const traced = (point: ExpositionFamily["points"][number]) =>
  "exemplars" in point ? point.exemplars : [point.exemplar];

const fromLine = ({ labels, value, timestamp }: NonNullable<SampleLine["exemplar"]>): Exemplar => ({
  labels,
  value: numberOf(value),
  timestampS: numberOf(timestamp ?? "NaN"),
});

const secondsOf = ({ seconds, nanos }: ProtoExemplar["timestamp"]) => (seconds * 1_000 + nanos / 1_000_000) / 1_000;

const fromProto = ({ label, value, timestamp }: ProtoExemplar): Exemplar => ({
  labels: label.map((pair) => [pair.name, pair.value]),
  value,
  timestampS: secondsOf(timestamp),
});

describe("what people and peers put into a label", () => {
  test.each([
    { value: 'say "hello"', because: "quotes end a value" },
    { value: "C:\\new\\\\", because: "backslashes escape" },
    { value: "two\nlines\n", because: "a line feed ends a sample" },
    { value: '\\n\\"', because: "what looks escaped is not" },
    { value: 'x"} 1\nsip_forged_total 1', because: "a value must not become a series" },
    { value: 'x"} 1 # {trace_id="forged"} 1', because: "nor an exemplar" },
    { value: "\0\u0001\u007f\u0085\u2028", because: "control characters are characters" },
    { value: "bücher.example 電話 \u{1f4de}", because: "names are UTF-8" },
    { value: "", because: "empty is a value" },
    { value: "x".repeat(10_000), because: "10 kB are long, and allowed" },
    { value: '"\\\n'.repeat(3_500), because: "10 kB of nothing but escapes" },
  ])("$because", ({ value }) => {
    const families = [aCounter([aPoint(7, { labels: [["domain", value]] })])];
    for (const encoding of ENCODINGS) expect(decoded(families, encoding)).toEqual(flatModel(families));
  });

  test("half a surrogate pair, which UTF-8 cannot say, becomes U+FFFD in every encoding", () => {
    const values = ["\ud83d", "a\udcde.example", "\udcde\ud83d"];
    const families = [aGauge(values.map((value, i) => aPoint(i, { labels: [["domain", value]] })))];
    const replaced = [aGauge(values.map((value, i) => aPoint(i, { labels: [["domain", value.toWellFormed()]] })))];
    for (const encoding of ENCODINGS) {
      const body = encode(families, encoding);
      expect(new TextDecoder("utf-8", { fatal: encoding !== "protobuf" }).decode(body)).toContain("\ufffd");
      expect(decoded(families, encoding)).toEqual(flatModel(replaced));
    }
  });
});

describe("encoding before encoding", () => {
  const families: readonly ExpositionFamily[] = [
    aCounter([aPoint(3, { createdS: CREATED_S, exemplar: anExemplar() })]),
    aGauge([aPoint(1.5, { labels: [["domain", "example.org"]] })]),
    aHistogramFamily([
      aHistogramPoint({
        createdS: CREATED_S,
        exemplars: [null, anExemplar(), null, null],
        native: { schema: 3, zeroThreshold: 1e-6, zeroCount: 0, firstIndex: -4, counts: [1, 0, 0, 0, 2] },
      }),
    ]),
  ];

  test("fetching any one first changes nothing in another", () => {
    const alone = ENCODINGS.map((encoding) => encode(structuredClone(families), encoding));
    for (const first of ENCODINGS) {
      for (const [i, second] of ENCODINGS.entries()) {
        encode(families, first);
        expect(encode(families, second).equals(alone[i] as Buffer), `${first}, then ${second}`).toBe(true);
      }
    }
  });

  test("the families themselves stay as they were", () => {
    const before = structuredClone(families);
    for (const encoding of ENCODINGS) encode(families, encoding);
    expect(families).toEqual(before);
  });
});

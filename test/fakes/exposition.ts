/**
 * Families of the neutral model: single ones by hand, and all that may occur, for fast-check.
 *
 * @module
 */
import fc from "fast-check";
import type {
  Exemplar,
  ExpositionFamily,
  HistogramPoint,
  Labels,
  NativeBuckets,
  NumberPoint,
} from "../../src/telemetry/exposition/model.ts";

/** Unix seconds. */
export const CREATED_S = 1_800_000_000.25;

export function anExemplar(fields: Partial<Exemplar> = {}): Exemplar {
  const labels: Labels = [
    ["trace_id", "0af7651916cd43dd8448eb211c80319c"],
    ["span_id", "b7ad6b7169203331"],
  ];
  return { labels, value: 0.25, timestampS: 1_800_000_001.5, ...fields };
}

export function aPoint(value: number, fields: Partial<NumberPoint> = {}): NumberPoint {
  return { labels: [], value, createdS: null, exemplar: null, ...fields };
}

export function aCounter(points: readonly NumberPoint[], name = "sip_things_total"): ExpositionFamily {
  return { name, type: "counter", help: "Things.", unit: "", points };
}

export function aGauge(points: readonly NumberPoint[], name = "sip_things"): ExpositionFamily {
  return { name, type: "gauge", help: "Things.", unit: "", points };
}

/** Three observations: 0.05, 0.2 and 30. */
export function aHistogramPoint(fields: Partial<HistogramPoint> = {}): HistogramPoint {
  const bounds = [0.1, 0.25, 10];
  const exemplars = [null, null, null, null];
  return { labels: [], bounds, counts: [1, 1, 0, 1], sum: 30.25, createdS: null, exemplars, native: null, ...fields };
}

export function aHistogramFamily(points: readonly HistogramPoint[], name = "sip_wait_seconds"): ExpositionFamily {
  return { name, type: "histogram", help: "Waiting.", unit: "seconds", points };
}

const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.string({
    unit: fc.constantFrom("\\", '"', "\n", "\r", "#", "{", "}", ",", "=", "é", "\u{1f4de}", "\0"),
    maxLength: 8,
  }),
);
const anyLabels: fc.Arbitrary<Labels> = fc
  .dictionary(fc.constantFrom("domain", "transport", "code", "reason"), anyText, { noNullPrototype: true })
  .map((labels) => Object.entries(labels));
const anyCount = fc.nat({ max: 2 ** 31 - 1 }).chain((low) => fc.constantFrom(low, low * 8_192));
const anyTime = fc.nat({ max: 2_000_000_000_000 }).map((ms) => ms / 1_000);
/** The formats of text know one zero. */
const oneZero = (value: number): number => (value === 0 ? 0 : value);
const anyValue = fc.double({ noNaN: true, noDefaultInfinity: true }).map(oneZero);
const anyExemplar: fc.Arbitrary<Exemplar | null> = fc.option(
  fc.record({
    labels: anyText.map((text): Labels => [["trace_id", text.repeat(4)]]),
    value: anyValue,
    timestampS: anyTime,
  }),
);
const anyNative: fc.Arbitrary<NativeBuckets> = fc.record({
  schema: fc.integer({ min: -4, max: 8 }),
  zeroThreshold: fc.constantFrom(0, 1e-6),
  zeroCount: anyCount,
  firstIndex: fc.integer({ min: -900, max: 900 }),
  counts: fc
    .tuple(fc.array(fc.oneof(fc.constant(0), anyCount), { maxLength: 30 }), fc.integer({ min: 1, max: 1_000 }))
    // No zero at either end.
    .map(([inner, end]) => (inner.length === 0 ? [] : [end, ...inner, end])),
});

function anyNumberPoint(isCounter: boolean): fc.Arbitrary<NumberPoint> {
  return fc.record({
    labels: anyLabels,
    value: isCounter ? anyValue.map(Math.abs) : fc.double().map(oneZero),
    createdS: isCounter ? fc.option(anyTime) : fc.constant(null),
    exemplar: isCounter ? anyExemplar : fc.constant(null),
  });
}

const anyHistogramPoint: fc.Arbitrary<HistogramPoint> = fc
  .uniqueArray(fc.double({ min: 1e-9, max: 1e9, noNaN: true }), { maxLength: 6 })
  .map((bounds) => bounds.sort((a, b) => a - b))
  .chain((bounds) =>
    fc.record({
      labels: anyLabels,
      bounds: fc.constant(bounds),
      counts: fc.array(anyCount, { minLength: bounds.length + 1, maxLength: bounds.length + 1 }),
      sum: anyValue,
      createdS: fc.option(anyTime),
      exemplars: fc.array(anyExemplar, { minLength: bounds.length + 1, maxLength: bounds.length + 1 }),
      native: fc.option(anyNative),
    }),
  );

/** Points with the same labels would be one series twice. */
const onceEach = <Point extends { readonly labels: Labels }>(point: fc.Arbitrary<Point>) =>
  fc.uniqueArray(point, { maxLength: 4, selector: ({ labels }) => JSON.stringify([...labels].sort()) });

const anyFamily: fc.Arbitrary<ExpositionFamily> = fc.oneof(
  fc.record({ ...heads("counter", "_total"), points: onceEach(anyNumberPoint(true)) }),
  fc.record({ ...heads("gauge", ""), points: onceEach(anyNumberPoint(false)) }),
  fc.record({ ...heads("histogram", ""), points: onceEach(anyHistogramPoint) }),
);

function heads<Type extends "counter" | "gauge" | "histogram">(type: Type, suffix: string) {
  return {
    type: fc.constant(type),
    name: fc
      .tuple(
        fc.string({ unit: fc.constantFrom(..."abcxyz"), minLength: 3, maxLength: 8 }),
        fc.constantFrom("", "_seconds"),
      )
      .map(([word, unit]) => `sip_${word}${unit}${suffix}`),
    help: anyText,
    unit: fc.constantFrom("", "seconds", "bytes"),
  };
}

/** Any scrape: names differ by more than what formats put behind them. */
export const anyFamilies: fc.Arbitrary<readonly ExpositionFamily[]> = fc.uniqueArray(anyFamily, {
  maxLength: 5,
  selector: ({ name }) => name.split("_")[1],
});

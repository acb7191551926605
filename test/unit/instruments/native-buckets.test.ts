import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { metricRows } from "../../../src/instruments/catalogue.ts";
import {
  bucketIndex,
  COARSEST_SCHEMA,
  countNative,
  FINEST_SCHEMA,
  type NativeShape,
  nativeWidth,
  openNative,
  readNative,
} from "../../../src/instruments/native-buckets.ts";

const SCHEMAS = Array.from({ length: FINEST_SCHEMA - COARSEST_SCHEMA + 1 }, (_, i) => COARSEST_SCHEMA + i);

/** The next double above a positive one. */
function nextUp(value: number): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  view.setBigUint64(0, view.getBigUint64(0) + 1n);
  return view.getFloat64(0);
}

/** A positive double as m * 2^e, both whole. */
function exactly(value: number): { m: bigint; e: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = Number(bits >> 52n);
  const fraction = bits & ((1n << 52n) - 1n);
  return exponent === 0 ? { m: fraction, e: -1_074 } : { m: fraction | (1n << 52n), e: exponent - 1_075 };
}

/** Whether value <= 2^(index / 2^schema), without rounding anything; schema 0 or above. */
function isAtOrBelow(value: number, index: number, schema: number): boolean {
  const { m, e } = exactly(value);
  const power = 2 ** schema;
  const shift = e * power - index; // value^power = m^power * 2^(e * power)
  const mantissa = m ** BigInt(power);
  return shift >= 0 ? mantissa << BigInt(shift) <= 1n : mantissa <= 1n << BigInt(-shift);
}

/** Cells between two others that nobody may touch. */
function openSeries(shape: NativeShape) {
  const cells = new Float64Array(nativeWidth(shape) + 2).fill(0);
  cells[0] = cells[cells.length - 1] = Number.NaN;
  openNative(cells, 1, shape);
  return {
    count: (value: number) => countNative(cells, 1, shape, value),
    read: () => readNative(cells, 1, shape),
    isIntact: () => Number.isNaN(cells[0]) && Number.isNaN(cells.at(-1)),
  };
}

describe("the bucket of a value", () => {
  test.each([
    { value: 1, schema: 3, index: 0, because: "1 is the upper bound of bucket 0" },
    { value: nextUp(1), schema: 3, index: 1, because: "just above a bound belongs to the next bucket" },
    { value: 2, schema: 3, index: 8, because: "eight buckets an octave" },
    { value: 2, schema: 0, index: 1, because: "one bucket an octave" },
    { value: 0.02, schema: 3, index: -45, because: "20 ms, by hand: log2(0.02) * 8 = -45.15, rounded up" },
    { value: 65_536, schema: -4, index: 1, because: "the coarsest bucket is 16 octaves wide" },
    { value: 65_537, schema: -4, index: 2, because: "just above it" },
    { value: Number.MIN_VALUE, schema: 0, index: -1_074, because: "the smallest subnormal is 2^-1074" },
    { value: Number.MIN_VALUE, schema: 6, index: -68_736, because: "64 times that" },
    { value: 3 * Number.MIN_VALUE, schema: 0, index: -1_072, because: "a subnormal between two powers" },
    { value: 2 ** -1_022, schema: 0, index: -1_022, because: "the smallest normal number" },
    { value: Number.MAX_VALUE, schema: 0, index: 1_024, because: "just below 2^1024" },
    { value: Number.MAX_VALUE, schema: 6, index: 65_536, because: "64 times that" },
    { value: Number.MAX_VALUE, schema: -4, index: 64, because: "1024 / 16" },
  ])("$value at schema $schema is $index: $because", ({ value, schema, index }) => {
    expect(bucketIndex(value, schema)).toBe(index);
  });

  test.each(SCHEMAS)(
    "at schema %i a bound belongs to the bucket below it, the next double above to the next",
    (schema) => {
      for (let index = -2_000; index <= 2_000; index++) {
        const bound = 2 ** (index * 2 ** -schema);
        if (!Number.isFinite(bound) || bound < 2 ** -1_022) continue;
        // Split, because the power of a number far from 1 is not rounded correctly.
        const octave = Math.floor(index * 2 ** -schema);
        const exact = 2 ** (index * 2 ** -schema - octave) * 2 ** octave;
        expect(bucketIndex(exact, schema), `bound ${index}`).toBe(index);
        expect(bucketIndex(nextUp(exact), schema), `above bound ${index}`).toBe(index + 1);
      }
    },
  );

  test("is that of exact arithmetic, for every positive double and schema", () => {
    const value = fc.double({ min: Number.MIN_VALUE, noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(value, fc.integer({ min: 0, max: FINEST_SCHEMA }), (positive, schema) => {
        const index = bucketIndex(positive, schema);
        expect(isAtOrBelow(positive, index, schema)).toBe(true);
        expect(isAtOrBelow(positive, index - 1, schema)).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });

  test("at a coarser schema is the one that its finer bucket was merged into", () => {
    const value = fc.double({ min: Number.MIN_VALUE, noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(value, fc.integer({ min: COARSEST_SCHEMA, max: FINEST_SCHEMA - 1 }), (positive, schema) => {
        expect(bucketIndex(positive, schema)).toBe(Math.ceil(bucketIndex(positive, schema + 1) / 2));
      }),
    );
  });
});

describe("a series", () => {
  const shape: NativeShape = { schema: 6, maxBuckets: 160, zeroThreshold: 1e-6 };

  test("is empty at first, at the schema of its row", () => {
    expect(openSeries(shape).read()).toEqual({
      schema: 6,
      zeroThreshold: 1e-6,
      zeroCount: 0,
      firstIndex: 0,
      counts: [],
    });
  });

  test.each([
    { value: 0, because: "0 has no logarithm" },
    { value: -1, because: "below 0 counts as 0" },
    { value: 1e-6, because: "the threshold itself belongs to it" },
    { value: Number.MIN_VALUE, because: "far below what can be measured" },
  ])("puts $value into the zero bucket: $because", ({ value }) => {
    const series = openSeries(shape);
    series.count(value);
    expect(series.read()).toMatchObject({ zeroCount: 1, counts: [] });
  });

  test("keeps its resolution while its values are near each other", () => {
    const series = openSeries(shape);
    for (const value of [0.02, 0.021, 0.02, 0.1]) series.count(value);
    const { schema, firstIndex, counts } = series.read();
    expect(schema).toBe(6);
    expect(firstIndex).toBe(bucketIndex(0.02, 6));
    expect(counts).toHaveLength(bucketIndex(0.1, 6) - firstIndex + 1);
    expect([counts[0], counts[bucketIndex(0.021, 6) - firstIndex], counts.at(-1)]).toEqual([2, 1, 1]);
  });

  test.each([
    { values: [1, 2 ** 2.48], schema: 6, because: "160 buckets of 1/64 octave" },
    { values: [1, 2 ** 2.5], schema: 5, because: "one bucket too many: half the resolution" },
    { values: [2 ** 2.5, 1], schema: 5, because: "the same from the other side" },
    { values: [0.0005, 4], schema: 3, because: "13 octaves: a phone next door and one that almost timed out" },
    { values: [1.1e-6, Number.MAX_VALUE], schema: -3, because: "1,044 octaves still find room" },
  ])("holding $values is at schema $schema: $because", ({ values, schema }) => {
    const series = openSeries(shape);
    for (const value of values) series.count(value);
    expect(series.read()).toMatchObject({ schema, zeroCount: 0 });
  });

  test("agrees with counting by hand, in any order, and is no coarser than its values are far apart", () => {
    const value = fc.oneof(
      fc.double({ min: 0, max: 1e9, noNaN: true }),
      fc.double({ min: 0.001, max: 0.1, noNaN: true }),
    );
    const values = fc.array(value, { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(
        values,
        fc.integer({ min: 8, max: 160 }),
        fc.integer({ min: 0, max: 6 }),
        (all, maxBuckets, start) => {
          const small = { schema: start, maxBuckets, zeroThreshold: 1e-6 };
          const series = openSeries(small);
          for (const one of all) series.count(one);
          const { schema, zeroCount, firstIndex, counts } = series.read();
          const above = all.filter((one) => one > 1e-6);
          const indexes = above.map((one) => bucketIndex(one, schema));
          expect(zeroCount).toBe(all.length - above.length);
          const byHand = new Map<number, number>();
          for (const index of indexes) byHand.set(index, (byHand.get(index) ?? 0) + 1);
          expect(new Map(counts.map((count, i) => [firstIndex + i, count] as const).filter(([, n]) => n > 0))).toEqual(
            new Map([...byHand].sort(([a], [b]) => a - b)),
          );
          expect(counts.length).toBeLessThanOrEqual(maxBuckets);
          expect([counts[0], counts.at(-1)]).not.toContain(0);
          const finer = above.map((one) => bucketIndex(one, Math.min(FINEST_SCHEMA, schema + 1)));
          if (schema < start) expect(Math.max(...finer) - Math.min(...finer)).toBeGreaterThanOrEqual(maxBuckets);
          const reversed = openSeries(small);
          for (const one of all.toReversed()) reversed.count(one);
          expect(reversed.read()).toEqual(series.read());
          expect(series.isIntact()).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });
});

const natives = metricRows().flatMap(([, row]) => (row.type === "histogram" ? [{ name: row.name, row }] : []));

describe("in the catalogue", () => {
  test.each(natives)("$name has exponential buckets exactly when the engine counts it", ({ row }) => {
    expect(row.native !== undefined).toBe(row.thread === "engine");
  });

  test.each(natives.filter(({ row }) => row.native !== undefined))("$name finds room for every number", ({ row }) => {
    const { schema, maxBuckets, zeroThreshold } = row.native!;
    expect(schema).toBeLessThanOrEqual(FINEST_SCHEMA);
    expect(zeroThreshold).toBeGreaterThan(0);
    const lowest = bucketIndex(nextUp(zeroThreshold), COARSEST_SCHEMA);
    const highest = bucketIndex(Number.MAX_VALUE, COARSEST_SCHEMA);
    expect(highest - lowest + 1).toBeLessThanOrEqual(maxBuckets);
  });
});

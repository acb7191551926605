/**
 * Exponential buckets in plain cells: Prometheus' native histogram, OpenTelemetry's exponential histogram.
 *
 *      [ zero count | schema | index of the first bucket | buckets ... ]
 *
 * The buckets are a window over all indexes. An observation beside the window moves it; when the window is too narrow
 * for what was seen, neighbouring buckets are merged (schema - 1): no observation is lost and no memory grows. A
 * series starts with fine buckets and becomes coarser only when its own values are far apart.
 *
 * @module
 */

/** What a row of the catalogue says of its exponential buckets. */
export interface NativeShape {
  /** Resolution at the start: bucket bounds are powers of 2^(2^-schema). At most `FINEST_SCHEMA`. */
  readonly schema: number;
  /** Most buckets of a series, the empty ones between others included. */
  readonly maxBuckets: number;
  /** Observations at or below this have a bucket of their own; above 0, in the row's unit. */
  readonly zeroThreshold: number;
}

/** Exponential buckets, base 2^(2^-schema) (Prometheus native histogram; OpenTelemetry exponential histogram). */
export interface NativeBuckets {
  /** -4 .. 8. */
  readonly schema: number;
  /** Observations at or below this are in `zeroCount`. */
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  /** Index of the first count: bucket i holds (base^(i-1), base^i]. */
  readonly firstIndex: number;
  /** Dense, not cumulative; no zero at either end. */
  readonly counts: readonly number[];
}

/** Buckets are 1.1 % wide: below the error of any round trip we measure. Indexes are found here and then coarsened. */
export const FINEST_SCHEMA = 6;
/** Prometheus knows no coarser one: a bucket is 16 octaves wide, and 66 of them hold every number above 1e-6. */
export const COARSEST_SCHEMA = -4;

const BUCKETS_PER_OCTAVE = 2 ** FINEST_SCHEMA;
/** Linear parts of an octave; narrower than any bucket, so at most one bound lies in each. */
const PARTS = 128;
const PART_SHIFT = 13;
/** Upper bounds of the buckets within [1, 2], by index. */
const BOUNDS = Float64Array.from({ length: BUCKETS_PER_OCTAVE + 1 }, (_, i) => 2 ** (i / BUCKETS_PER_OCTAVE));
/** By part of the octave: the first bound that is not below its start. */
const FIRST_BOUND = Uint8Array.from({ length: PARTS }, (_, part) =>
  BOUNDS.findIndex((bound) => bound >= 1 + part / PARTS),
);

/** IEEE 754 binary64, seen through the word that holds the exponent. */
const number = new Float64Array(1);
const words = new Uint32Array(number.buffer);
const HIGH_WORD = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;
const FRACTION_MASK = 0xf_ffff;
const EXPONENT_SHIFT = 20;
const EXPONENT_BIAS = 1_023;
const EXPONENT_OF_ONE = EXPONENT_BIAS << EXPONENT_SHIFT;
/** Makes every subnormal number a normal one. */
const SUBNORMAL_OCTAVES = 54;

/** Where the parts of a series lie, counted from its first native cell. */
const SCHEMA = 1;
const FIRST_INDEX = 2;
const BUCKETS = 3;

/** Cells that a series of this shape takes. */
export function nativeWidth(shape: NativeShape): number {
  return BUCKETS + shape.maxBuckets;
}

/** Makes zeroed cells an empty series. */
export function openNative(cells: Float64Array, at: number, shape: NativeShape): void {
  cells[at + SCHEMA] = shape.schema;
}

/**
 * Index of the bucket of a value: the smallest i with value <= base^i.
 *
 * @param value finite and above 0, subnormal numbers included
 * @param schema `COARSEST_SCHEMA` .. `FINEST_SCHEMA`
 */
export function bucketIndex(value: number, schema: number): number {
  return coarser(finestIndex(value), FINEST_SCHEMA - schema);
}

/** Counts a finite observation; what is not above the threshold goes to the zero bucket. */
export function countNative(cells: Float64Array, at: number, shape: NativeShape, value: number): void {
  if (value <= shape.zeroThreshold) {
    (cells[at] as number)++;
    return;
  }
  const finest = finestIndex(value);
  const index = coarser(finest, FINEST_SCHEMA - (cells[at + SCHEMA] as number));
  const offset = index - (cells[at + FIRST_INDEX] as number);
  const isInside = offset >= 0 && offset < shape.maxBuckets;
  (cells[at + BUCKETS + (isInside ? offset : makeRoom(cells, at, shape.maxBuckets, finest))] as number)++;
}

/** The buckets of a series, as they are now. */
export function readNative(cells: Float64Array, at: number, shape: NativeShape): NativeBuckets {
  const buckets = at + BUCKETS;
  let start = buckets;
  let end = buckets + shape.maxBuckets;
  while (start < end && cells[start] === 0) start++;
  while (end > start && cells[end - 1] === 0) end--;
  return {
    schema: cells[at + SCHEMA] as number,
    zeroThreshold: shape.zeroThreshold,
    zeroCount: cells[at] as number,
    firstIndex: start === end ? 0 : (cells[at + FIRST_INDEX] as number) + start - buckets,
    counts: Array.from(cells.subarray(start, end)),
  };
}

/** Exact, unlike a logarithm: the octave is the exponent, the place in it is found by comparing with the bounds. */
function finestIndex(value: number): number {
  number[0] = value;
  let high = words[HIGH_WORD] as number;
  let octave = (high >>> EXPONENT_SHIFT) - EXPONENT_BIAS;
  if (octave === -EXPONENT_BIAS) {
    number[0] = value * 2 ** SUBNORMAL_OCTAVES;
    high = words[HIGH_WORD] as number;
    octave = (high >>> EXPONENT_SHIFT) - EXPONENT_BIAS - SUBNORMAL_OCTAVES;
  }
  words[HIGH_WORD] = (high & FRACTION_MASK) | EXPONENT_OF_ONE;
  let place = FIRST_BOUND[(high & FRACTION_MASK) >>> PART_SHIFT] as number;
  if ((number[0] as number) > (BOUNDS[place] as number)) place++;
  return octave * BUCKETS_PER_OCTAVE + place;
}

/** The index that a bucket has after neighbours were merged `times` times: 2i - 1 and 2i become i. */
function coarser(index: number, times: number): number {
  return (index + (1 << times) - 1) >> times;
}

/** Moves the window, or widens it, until it holds the bucket of an observation. Returns the bucket's place in it. */
function makeRoom(cells: Float64Array, at: number, size: number, finest: number): number {
  const buckets = at + BUCKETS;
  for (;;) {
    const index = coarser(finest, FINEST_SCHEMA - (cells[at + SCHEMA] as number));
    const first = cells[at + FIRST_INDEX] as number;
    let low = 0;
    while (low < size && cells[buckets + low] === 0) low++;
    let high = size - 1;
    while (high > low && cells[buckets + high] === 0) high--;
    const isEmpty = low === size;
    const lowest = isEmpty ? index : Math.min(index, first + low);
    const highest = isEmpty ? index : Math.max(index, first + high);
    const spare = size - 1 - (highest - lowest);
    if (spare >= 0) {
      // In the middle, because the next one may lie on either side.
      const newFirst = lowest - (spare >> 1);
      moveUsed(cells, { buckets, size, low, high, by: first - newFirst });
      cells[at + FIRST_INDEX] = newFirst;
      return index - newFirst;
    }
    mergeNeighbours(cells, at, size);
  }
}

/** Moves buckets `low` .. `high` within the window and clears what they leave; nothing when low is above high. */
function moveUsed(
  cells: Float64Array,
  window: { buckets: number; size: number; low: number; high: number; by: number },
): void {
  const { buckets, size, low, high, by } = window;
  if (low > high) return;
  cells.copyWithin(buckets + low + by, buckets + low, buckets + high + 1);
  cells.fill(0, buckets, buckets + low + by);
  cells.fill(0, buckets + high + by + 1, buckets + size);
}

/** Buckets 2i - 1 and 2i become bucket i; a place never takes from one before it. */
function mergeNeighbours(cells: Float64Array, at: number, size: number): void {
  const buckets = at + BUCKETS;
  const first = cells[at + FIRST_INDEX] as number;
  const newFirst = coarser(first, 1);
  for (let place = 0; place < size; place++) {
    const count = cells[buckets + place] as number;
    if (count === 0) continue;
    cells[buckets + place] = 0;
    (cells[buckets + coarser(first + place, 1) - newFirst] as number) += count;
  }
  cells[at + SCHEMA] = (cells[at + SCHEMA] as number) - 1;
  cells[at + FIRST_INDEX] = newFirst;
}

/**
 * Dense buckets to the spans and deltas of Prometheus.
 *
 * @module
 */
import type { NativeBuckets } from "./model.ts";

/** Neighbouring buckets. */
export interface Span {
  /** Buckets between the end of the span before and this one; of the first, the index it starts at. */
  readonly offset: number;
  readonly length: number;
}

/** A gap this small is cheaper as zeros than as a span of its own (Prometheus' client for Go draws the same line). */
const GAP_MAX = 2;

/** Spans, and for every bucket in them how much its count differs from the one before. */
export function toSpans({ firstIndex, counts }: NativeBuckets): { spans: readonly Span[]; deltas: readonly number[] } {
  const spans: { offset: number; length: number }[] = [];
  const deltas: number[] = [];
  let before = 0;
  /** Index in `counts` after the last bucket that is in a span. */
  let done = 0;
  const push = (count: number): void => {
    deltas.push(count - before);
    before = count;
  };
  counts.forEach((count, i) => {
    if (count === 0) return;
    const last = spans.at(-1);
    const gap = i - done;
    if (last === undefined) spans.push({ offset: firstIndex + i, length: 1 });
    else if (gap > GAP_MAX) spans.push({ offset: gap, length: 1 });
    else {
      for (let empty = 0; empty < gap; empty++) push(0);
      last.length += gap + 1;
    }
    push(count);
    done = i + 1;
  });
  return { spans, deltas };
}

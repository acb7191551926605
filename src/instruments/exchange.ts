/**
 * The memory both threads see: a double buffer of cells, and the two messages that go with it.
 *
 *      engine: publish() --copies--> [ half 0 | half 1 ] --reads--> main: SnapshotReader
 *                 +---- NewSeries (once per series), PublishedSnapshot (once per request) ----^
 *
 * A half carries the sequence number of the snapshot in it. The reader compares it before and after copying, so a
 * half that was overwritten meanwhile is noticed and never passed on.
 *
 * @module
 */
import type { MetricKey } from "./catalogue.ts";

/**
 * Cells of all engine metrics together: every default label in use takes half of them. 1 MiB, three times over; the
 * system commits what is used, and a snapshot copies no more.
 */
export const CELLS_MAX = 131_072;

/** Sequence numbers of the two halves (two Int32), padded so that the Float64 cells are aligned. */
const HEADER_OCTETS = 16;
const CELL_OCTETS = Float64Array.BYTES_PER_ELEMENT;
/** A half with this number is being written, or never was. */
export const SEQUENCE_UNREADABLE = 0;

/** Told once about every series, before the first snapshot that contains it. Safe to post to another thread. */
export interface NewSeries {
  readonly key: MetricKey;
  /** In the order of the catalogue row. */
  readonly labels: readonly string[];
  /** First of its cells. */
  readonly cell: number;
  /** When it began at 0, on the wall clock. */
  readonly createdWallMs: number;
}

/** Where the snapshot that was asked for lies. Safe to post to another thread. */
export interface PublishedSnapshot {
  readonly half: 0 | 1;
  /** Cells in use, from the start of the half. */
  readonly cells: number;
  /** Series announced so far. */
  readonly seriesCount: number;
  /** 1 .. 2^31-1; the half holds this snapshot as long as it carries this number. */
  readonly sequence: number;
}

/** The shared buffer, seen by one thread. */
export interface Exchange {
  /** Int32, one per half; only through `Atomics`. */
  readonly sequences: Int32Array<SharedArrayBuffer>;
  readonly halves: readonly [Float64Array<SharedArrayBuffer>, Float64Array<SharedArrayBuffer>];
  /** Cells of one half. */
  readonly capacity: number;
}

/** Memory for two halves of `cells` cells each; made once by the main thread and handed to both sides. */
export function createSharedBuffer(cells: number = CELLS_MAX): SharedArrayBuffer {
  return new SharedArrayBuffer(HEADER_OCTETS + 2 * cells * CELL_OCTETS);
}

/**
 * Views onto the shared buffer.
 *
 * @throws {RangeError} when the buffer cannot have come from `createSharedBuffer`
 */
export function viewExchange(buffer: SharedArrayBuffer): Exchange {
  const capacity = (buffer.byteLength - HEADER_OCTETS) / (2 * CELL_OCTETS);
  if (!Number.isInteger(capacity) || capacity < 1) {
    throw new RangeError(`Shared buffer must come from createSharedBuffer, got ${buffer.byteLength} octets`);
  }
  const half = (index: number) => new Float64Array(buffer, HEADER_OCTETS + index * capacity * CELL_OCTETS, capacity);
  return { sequences: new Int32Array(buffer, 0, 2), halves: [half(0), half(1)], capacity };
}

/**
 * The instruments of an engine and their reader in one thread: the road of a scrape without the thread in between.
 *
 * @module
 */
import type { Clock } from "../src/base/clock.ts";
import { createSharedBuffer, type PublishedSnapshot } from "../src/instruments/exchange.ts";
import { type Instruments, openInstruments } from "../src/instruments/instruments.ts";
import type { LabelLimits } from "../src/instruments/series-table.ts";
import { type MetricSnapshot, SnapshotReader } from "../src/instruments/snapshot.ts";

/** Instruments, and the way to read them. */
export interface ReadableInstruments {
  readonly instruments: Instruments;
  /** What the main thread does with a snapshot that the engine announced. */
  read(published: PublishedSnapshot): MetricSnapshot;
}

/** Empty instruments. @param limits those of the catalogue where left out */
export function openReadable(clock: Clock, limits: LabelLimits = {}): ReadableInstruments {
  const sharedBuffer = createSharedBuffer();
  const reader = new SnapshotReader(sharedBuffer);
  const instruments = openInstruments({ clock, limits, sharedBuffer, onSeries: (series) => reader.add(series) });
  return {
    instruments,
    read(published) {
      const snapshot = reader.read(published);
      if (snapshot === null) throw new Error("nobody else publishes here");
      return snapshot;
    },
  };
}

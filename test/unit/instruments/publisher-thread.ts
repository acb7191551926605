/**
 * A thread that publishes as fast as it can, every cell of one snapshot having the same value.
 *
 * @module
 */
import { parentPort, workerData } from "node:worker_threads";
import { systemClock } from "../../../src/base/clock.ts";
import type { NewSeries, PublishedSnapshot } from "../../../src/instruments/exchange.ts";
import { openInstruments } from "../../../src/instruments/instruments.ts";

const { sharedBuffer, stop, seriesCount } = workerData as {
  sharedBuffer: SharedArrayBuffer;
  stop: Int32Array<SharedArrayBuffer>;
  seriesCount: number;
};
const announced: NewSeries[] = [];
const instruments = openInstruments({ clock: systemClock, sharedBuffer, onSeries: (series) => announced.push(series) });
const cells = Array.from({ length: seriesCount }, (_, i) =>
  instruments.cell("registrarResponses", "a", "udp", String(i)),
);
const first: PublishedSnapshot = instruments.publish();
parentPort?.postMessage({ announced, first });
for (let value = 1; Atomics.load(stop, 0) === 0; value++) {
  for (const cell of cells) instruments.set(cell, value);
  instruments.publish();
}

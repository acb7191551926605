import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  createSharedBuffer,
  type NewSeries,
  type PublishedSnapshot,
  SEQUENCE_UNREADABLE,
} from "../../../src/instruments/exchange.ts";
import { openInstruments } from "../../../src/instruments/instruments.ts";
import { SnapshotReader } from "../../../src/instruments/snapshot.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";
import { aSeries } from "../../fakes/series.ts";

function open() {
  const sharedBuffer = createSharedBuffer(4_096);
  const reader = new SnapshotReader(sharedBuffer);
  const clock = new ManualClock();
  const instruments = openInstruments({ clock, sharedBuffer, onSeries: (series) => reader.add(series) });
  const aors = instruments.cell("registrarAors");
  const read = (published: PublishedSnapshot) =>
    reader.read(published)?.values.get("registrarAors")?.[0]?.value ?? null;
  return { instruments, aors, read, reader, sharedBuffer };
}

describe("a snapshot", () => {
  test("is the instant of publish(): what is counted afterwards is not in it", () => {
    const { instruments, aors, read } = open();
    instruments.set(aors, 1);
    const published = instruments.publish();
    instruments.set(aors, 2);
    expect(read(published)).toBe(1);
  });

  test("can still be read while the next one is published: that one goes into the other half", () => {
    const { instruments, aors, read } = open();
    instruments.set(aors, 1);
    const first = instruments.publish();
    instruments.set(aors, 2);
    const second = instruments.publish();
    expect(second.half).not.toBe(first.half);
    expect([read(first), read(second)]).toEqual([1, 2]);
  });

  test("that was published over is refused, not mixed", () => {
    const { instruments, read } = open();
    const first = instruments.publish();
    instruments.publish();
    const third = instruments.publish();
    expect(third.half).toBe(first.half);
    expect(read(first)).toBeNull();
    expect(read(third)).toBe(0);
  });

  test("keeps its numbers after the engine went on: it is a copy", () => {
    const { instruments, aors, reader } = open();
    instruments.set(aors, 1);
    const snapshot = reader.read(instruments.publish());
    for (let i = 0; i < 4; i++) {
      instruments.set(aors, 100 + i);
      reader.read(instruments.publish());
    }
    expect(snapshot?.values.get("registrarAors")).toEqual([aSeries([], 1)]);
  });

  test("does not contain a series that was announced after it", () => {
    const { instruments, reader } = open();
    const published = instruments.publish();
    instruments.add(instruments.cell("registrarRequests", "a", "udp"));
    expect(reader.read(published)?.values.get("registrarRequests")).toEqual([]);
    expect(reader.read(instruments.publish())?.values.get("registrarRequests")).toEqual([aSeries(["a", "udp"], 1)]);
  });

  test("with series that were never announced is a mistake of whoever carries the messages", () => {
    const { instruments, sharedBuffer } = open();
    const deaf = new SnapshotReader(sharedBuffer);
    expect(() => deaf.read(instruments.publish())).toThrow(/only 0 were announced/);
  });

  test("lists every engine metric, those without series as an empty list", () => {
    const { instruments, reader } = open();
    const snapshot = reader.read(instruments.publish());
    expect(snapshot?.values.get("keepaliveRequests")).toEqual([]);
    expect(snapshot?.histograms.get("keepaliveRtt")).toEqual([]);
    expect(snapshot?.values.has("startTime")).toBe(false);
  });
});

test("a buffer that does not come from createSharedBuffer is refused", () => {
  expect(() => new SnapshotReader(new SharedArrayBuffer(20))).toThrow(RangeError);
});

test("with a thread that publishes without being asked, every snapshot that is read is of one instant", async () => {
  const sharedBuffer = createSharedBuffer(2_048);
  const sequences = new Int32Array(sharedBuffer, 0, 2);
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL("./publisher-thread.ts", import.meta.url), {
    workerData: { sharedBuffer, stop, seriesCount: 100 },
  });
  onTestFinished(() => void Atomics.store(stop, 0, 1));
  const [{ announced, first }] = (await once(worker, "message")) as [
    { announced: NewSeries[]; first: PublishedSnapshot },
  ];
  const reader = new SnapshotReader(sharedBuffer);
  for (const series of announced) reader.add(series);
  const instants = new Set<number>();
  let tries = 0;
  while (instants.size < 200 && ++tries < 200_000) {
    const half = (tries & 1) as 0 | 1;
    const sequence = Atomics.load(sequences, half);
    if (sequence === SEQUENCE_UNREADABLE) continue;
    const snapshot = reader.read({ ...first, half, sequence });
    const values = new Set(snapshot?.values.get("registrarResponses")?.map(({ value }) => value));
    if (snapshot !== null) expect(values.size).toBe(1);
    for (const value of values) instants.add(value);
  }
  Atomics.store(stop, 0, 1);
  await once(worker, "exit");
  expect(instants.size).toBe(200);
});

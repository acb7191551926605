import { Counter, Gauge, Histogram, Registry, Summary } from "prom-client";
import { expect, test } from "vitest";
import { type LibraryMetric, libraryFamily } from "../../../src/telemetry/library-metric.ts";

const CREATED_S = 1_800_000_000;
const registers = [new Registry()];
const family = async (metric: { get(): Promise<unknown> }) =>
  libraryFamily((await metric.get()) as LibraryMetric, CREATED_S);

test("a counter keeps its name, and began when the registry did", async () => {
  const counter = new Counter({ name: "cpu_seconds_total", help: "Time.", labelNames: ["mode", "core"], registers });
  counter.inc({ mode: "user", core: 0 }, 2.5);
  expect(await family(counter)).toEqual({
    name: "cpu_seconds_total",
    type: "counter",
    help: "Time.",
    unit: "seconds",
    points: [
      {
        labels: [
          ["mode", "user"],
          ["core", "0"],
        ],
        value: 2.5,
        createdS: CREATED_S,
        exemplar: null,
      },
    ],
  });
});

test("a gauge never began", async () => {
  const gauge = new Gauge({ name: "heap_bytes", help: "Heap.", registers });
  gauge.set(-1);
  expect(await family(gauge)).toMatchObject({ type: "gauge", unit: "bytes", points: [{ value: -1, createdS: null }] });
});

test("a histogram's counts are not cumulative, and each series has its own", async () => {
  const histogram = new Histogram({
    name: "gc_seconds",
    help: "GC.",
    labelNames: ["kind"],
    buckets: [1, 2],
    registers,
  });
  for (const value of [0.5, 1, 1.5, 3, 3]) histogram.observe({ kind: "minor" }, value);
  histogram.observe({ kind: "major" }, 2);
  const shared = { bounds: [1, 2], createdS: CREATED_S, exemplars: [null, null, null], native: null };
  expect(await family(histogram)).toMatchObject({
    type: "histogram",
    points: [
      { ...shared, labels: [["kind", "minor"]], counts: [2, 1, 2], sum: 9 },
      { ...shared, labels: [["kind", "major"]], counts: [0, 1, 0], sum: 2 },
    ],
  });
});

test("a summary is refused by name: no encoder has one", async () => {
  await expect(family(new Summary({ name: "wait_seconds", help: "Wait.", registers }))).rejects.toThrow(
    'Metric wait_seconds must be a counter, gauge or histogram, got "summary"',
  );
});

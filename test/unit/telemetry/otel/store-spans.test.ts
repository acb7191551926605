import { expect, test } from "vitest";
import { seededRandom } from "../../../../src/base/random.ts";
import type { Persistence } from "../../../../src/storage/write-back.ts";
import type { SpanData } from "../../../../src/telemetry/otel/span-data.ts";
import { StoreSpans } from "../../../../src/telemetry/otel/store-spans.ts";
import { ManualClock } from "../../../fakes/manual-clock.ts";
import { aProbeRecord, aRegisterRecord } from "../../../fakes/span-records.ts";

function open() {
  const children: { parent: string; data: SpanData }[] = [];
  const metrics: string[] = [];
  const stored = new Map<string, Persistence>();
  const spans = new StoreSpans({
    clock: new ManualClock({ wallMs: 1_800_000_001_000 }),
    random: seededRandom(1),
    queue: { acceptChild: ({ spanId }, _own, data) => children.push({ parent: spanId, data }) > 0 },
    metrics: {
      operationDone: (backend, operation, ms, rows) => void metrics.push(`done ${backend} ${operation} ${ms} ${rows}`),
      operationFailed: (backend, operation, code) => void metrics.push(`failed ${backend} ${operation} ${code}`),
    },
    persistence: (ruid) => stored.get(ruid) ?? "new",
  });
  return { spans, children, metrics, stored };
}

test("the transaction that stored a traced binding is a child of its REGISTER, with the time it took", () => {
  const { spans, children, stored } = open();
  spans.expect(aRegisterRecord({ spanId: "r1", ruids: ["uloc-1"] }));
  stored.set("uloc-1", "synced");
  spans.operationDone("sqlite", "flush", 7, 12);
  expect(children).toEqual([
    {
      parent: "r1",
      data: expect.objectContaining({
        name: "flush location",
        startTime: [1_800_000_000, 993_000_000],
        endTime: [1_800_000_001, 0],
        attributes: expect.objectContaining({ "db.system.name": "sqlite", "db.operation.batch.size": 12 }),
      }),
    },
  ]);
});

test.each([
  { persistence: "new", because: "it waits for a later transaction" },
  { persistence: "dirty", because: "what was stored is an earlier registration" },
] as const)("a binding that is $persistence has none yet: $because", ({ persistence }) => {
  const { spans, children, stored } = open();
  spans.expect(aRegisterRecord({ spanId: "r1", ruids: ["uloc-1"] }));
  stored.set("uloc-1", persistence);
  spans.operationDone("sqlite", "flush", 7, 12);
  expect(children).toEqual([]);
  stored.set("uloc-1", "synced");
  spans.operationDone("sqlite", "flush", 3, 1);
  spans.operationDone("sqlite", "flush", 3, 1);
  expect(children.map(({ parent }) => parent)).toEqual(["r1"]);
});

test("a newer REGISTER of the same binding takes its place; probes and loads have no transaction", () => {
  const { spans, children, stored } = open();
  spans.expect(aRegisterRecord({ spanId: "r1", ruids: ["uloc-1"] }));
  spans.expect(aRegisterRecord({ spanId: "r2", ruids: ["uloc-1"] }));
  spans.expect(aProbeRecord({ spanId: "p" }));
  stored.set("uloc-1", "synced");
  spans.operationDone("sqlite", "load", 1, 1);
  expect(children).toEqual([]);
  spans.operationDone("sqlite", "flush", 1, 1);
  expect(children.map(({ parent }) => parent)).toEqual(["r2"]);
});

test("while the store fails, a bounded number waits and the oldest goes without", () => {
  const { spans, children, stored } = open();
  for (let i = 0; i < 1_001; i++) {
    spans.expect(aRegisterRecord({ spanId: `r${i}`, ruids: [`uloc-${i}`] }));
    stored.set(`uloc-${i}`, "synced");
  }
  spans.operationDone("sqlite", "flush", 1, 1);
  expect([children.length, children[0]?.parent]).toEqual([1_000, "r1"]);
});

test("the metrics are told everything, traced or not", () => {
  const { spans, metrics } = open();
  spans.operationDone("sqlite", "open", 5, 0);
  spans.operationFailed("sqlite", "flush", "STORE_FULL" as never);
  expect(metrics).toEqual(["done sqlite open 5 0", "failed sqlite flush STORE_FULL"]);
});

import { describe, expect, test } from "vitest";
import { type Cost, costBetween, overheadOutcome, phoneDoubts, type Watched } from "../../../bench/measure-overhead.ts";
import { openOtlpSink } from "../../../bench/otlp-sink.ts";
import { cpuTimesOf, sumTimes } from "../../../bench/thread-cpu.ts";

const SIGNALS = ["/v1/traces", "/v1/metrics", "/v1/logs"];
const received = (...paths: string[]) => ({
  received: (path: string) => ({ requests: paths.includes(path) ? 1 : 0, octets: 0 }),
});

function watched(first: Cost, later: Cost, ...warnings: string[]): Watched {
  return { first, later, spansPerProbe: 0.02, warnings };
}

describe("overheadOutcome()", () => {
  const plain = watched({ processUs: 40, engineUs: 30 }, { processUs: 20, engineUs: 16 }, "late");
  const traced = watched({ processUs: 50, engineUs: 32 }, { processUs: 19, engineUs: 17 }, "lost");

  test("what a thread adds is a share of the CPU that the whole daemon needs without OTLP", () => {
    expect(overheadOutcome(plain, traced, received(...SIGNALS)).figures).toEqual({
      ...{ plainCpuUs: 40, tracedCpuUs: 50, plainLaterCpuUs: 20, tracedLaterCpuUs: 19 },
      ...{ engineAddedRatio: 0.05, engineAddedLaterRatio: 0.05 },
      ...{ processAddedRatio: 0.25, processAddedLaterRatio: -0.05 },
      spansPerProbe: 0.02,
    });
  });

  test("says whose doubts they are", () => {
    const { warnings } = overheadOutcome(plain, traced, received(...SIGNALS));
    expect(warnings).toEqual(["without OTLP: late", "with OTLP: lost"]);
  });

  test.each([
    { paths: [], doubts: 3, because: "nothing arrived, so nothing was paid for" },
    { paths: ["/v1/metrics", "/v1/logs"], doubts: 1, because: "without traces it is not what was asked for" },
    { paths: ["/v1/traces", "/v1/logs"], doubts: 1, because: "without metrics neither" },
  ])("is unknown when only $paths arrived: $because", ({ paths, doubts }) => {
    const { figures, warnings } = overheadOutcome(plain, traced, received(...paths));
    expect(figures).toMatchObject({ engineAddedRatio: null, processAddedRatio: null, plainCpuUs: 40 });
    expect(figures).toMatchObject({ engineAddedLaterRatio: null, processAddedLaterRatio: null });
    expect(warnings.filter((text) => text.startsWith("the collector got nothing"))).toHaveLength(doubts);
  });

  test("of an engine that was not seen is unknown, that of the process is not", () => {
    const blind = watched({ processUs: 40, engineUs: null }, { processUs: 20, engineUs: null });
    const { figures } = overheadOutcome(blind, traced, received(...SIGNALS));
    expect(figures).toMatchObject({ engineAddedRatio: null, processAddedRatio: 0.25 });
  });
});

describe("costBetween()", () => {
  const began = { probes: 1_000, cpu: { processMs: 500, engineMs: 300 } };

  test.each([
    {
      ended: { probes: 3_000, cpu: { processMs: 580, engineMs: 350 } },
      cost: { processUs: 40, engineUs: 25 },
      because: "80 ms for 2,000 probes",
    },
    {
      ended: { probes: 3_000, cpu: { processMs: 580, engineMs: null } },
      cost: { processUs: 40, engineUs: null },
      because: "the engine has ended",
    },
    {
      ended: { probes: 1_000, cpu: { processMs: 580, engineMs: 350 } },
      cost: { processUs: null, engineUs: null },
      because: "nothing was probed",
    },
  ])("is $cost: $because", ({ ended, cost }) => {
    expect(costBetween(began, ended)).toEqual(cost);
  });
});

describe("CPU times", () => {
  test("are the sum of all threads, and the engine's own; the first number counts, in nanoseconds", () => {
    const threads = [
      { comm: "MainThread\n", schedstat: "298000000 237787518 926\n" },
      { comm: "engine\n", schedstat: "702000000 1 2\n" },
    ];
    expect(sumTimes(threads)).toEqual({ processMs: 1_000, engineMs: 702 });
  });

  test("of a process without an engine thread say so", () => {
    expect(sumTimes([{ comm: "MainThread\n", schedstat: "1000000 0 1\n" }])).toEqual({ processMs: 1, engineMs: null });
  });

  test("of this very process are more than nothing", () => {
    expect(cpuTimesOf(process.pid).processMs).toBeGreaterThan(10);
  });
});

describe("phoneDoubts()", () => {
  const registered = (ok: number) => JSON.stringify({ phase: "registered", ok });
  const ended = (drops: number, p99: number | null) =>
    JSON.stringify({ phase: "end", own_rx_drops: drops, over_planned_us: p99 === null ? null : { p99 } });

  test.each([
    { ok: 10, drops: 0, p99: 1_000, doubts: [], because: "a millisecond late is in time" },
    { ok: 10, drops: 0, p99: null, doubts: [], because: "nobody answered, nobody was late" },
    { ok: 9, drops: 0, p99: 1, doubts: ["only 9 of 10 contacts registered"], because: "a contact is missing" },
    { ok: 10, drops: 2, p99: 1, doubts: ["2 probes lost in the phones' own buffer"], because: "probes were lost" },
    {
      ok: 10,
      drops: 0,
      p99: 1_001,
      doubts: ["phones answered late (p99 1001 us): the machine was too busy to judge"],
      because: "the phones were late themselves",
    },
  ])("are $doubts: $because", ({ ok, drops, p99, doubts }) => {
    expect(phoneDoubts(10, registered(ok), ended(drops, p99))).toEqual(doubts);
  });
});

test("the collector takes what is sent, counts it by path and keeps nothing", async () => {
  await using sink = await openOtlpSink();
  const post = (path: string, body: string) => fetch(`${sink.endpoint}${path}`, { method: "POST", body });
  const answer = await post("/v1/traces", "12345");
  expect(answer.status).toBe(200);
  expect((await answer.arrayBuffer()).byteLength).toBe(0);
  await post("/v1/traces", "678");
  await post("/v1/logs", "9");
  expect(sink.received("/v1/traces")).toEqual({ requests: 2, octets: 8 });
  expect(sink.received("/v1/logs")).toEqual({ requests: 1, octets: 1 });
  expect(sink.received("/v1/metrics")).toEqual({ requests: 0, octets: 0 });
});

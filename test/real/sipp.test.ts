/**
 * The round trip against a clock that is not ours: SIPp answers after 200 ms and writes down when it did.
 *
 * @module
 */
import { expect, test } from "vitest";
import { describeReal } from "../support/real.ts";
import type { Samples } from "./support/metrics.ts";
import { type RunningSipp, startSipp } from "./support/sipp.ts";
import { IN_MEMORY, type RunningDaemon, startDaemon } from "./support/sipulse.ts";
import { until } from "./support/until.ts";

const TIMEOUT_MS = 60_000;
/** An odd number, so that one of them is the median. */
const ROUNDS = 5;
/** How far the two clocks may be apart: both programs wait for the same two cores. */
const AGREEMENT_MS = 5;
const PAUSE_MS = 200;

/** One round trip as each of three sees it. */
interface Round {
  readonly histogramMs: number;
  readonly dumpMs: number;
  readonly sippMs: number;
}

/** What the histogram gained, and what `ul.dump` says now. */
interface Reading {
  readonly count: number;
  readonly sumS: number;
  readonly roundTripUs: number;
}

const RTT = "sip_keepalive_rtt_seconds";

async function read(daemon: RunningDaemon): Promise<Reading> {
  const samples: Samples = await daemon.metrics();
  const contact = (await daemon.contacts()).get("sipp@example.org")?.[0];
  return {
    count: samples.sum(`${RTT}_count`),
    sumS: samples.sum(`${RTT}_sum`),
    roundTripUs: contact?.["KA-Roundtrip"] ?? 0,
  };
}

/** Watches until that many rounds are over; rounds that were not seen one by one are left out. */
async function watch(daemon: RunningDaemon, sipp: RunningSipp): Promise<readonly Round[]> {
  const rounds: (Omit<Round, "sippMs"> & { readonly index: number })[] = [];
  let last = await read(daemon);
  await until(
    `${ROUNDS} rounds`,
    async () => {
      const next = await read(daemon);
      if (next.count === last.count + 1) {
        rounds.push({
          histogramMs: (next.sumS - last.sumS) * 1_000,
          dumpMs: next.roundTripUs / 1_000,
          index: last.count,
        });
      }
      last = next;
      return rounds.length >= ROUNDS;
    },
    { withinMs: 30_000 },
  );
  // SIPp writes after it has sent: its last line may come later than the answer.
  const timesUs = await until(`${last.count} answers in the log of SIPp`, () => {
    const times = sipp.answerTimesUs();
    return times.length >= last.count && times;
  });
  return rounds.map(({ index, ...round }) => ({ ...round, sippMs: (timesUs[index] ?? Number.NaN) / 1_000 }));
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] as number;

describeReal("sipp", "sipp", (paths) => {
  test(
    "sees the same round trips as the histogram and as ul.dump",
    async () => {
      await using daemon = await startDaemon([...IN_MEMORY, "--keepalive.interval", "1s"]);
      await using sipp = await startSipp(paths.sipp, daemon.sipPort());
      const rounds = await watch(daemon, sipp);

      // The same sample by two roads: seconds with all digits, and whole microseconds.
      for (const { histogramMs, dumpMs } of rounds) expect(Math.abs(histogramMs - dumpMs)).toBeLessThan(0.001);
      expect(Math.min(...rounds.map(({ sippMs }) => sippMs))).toBeGreaterThanOrEqual(PAUSE_MS - 1);
      // Not each of them: SIPp notes a send only after it, when it may have lost its core to another program.
      expect(median(rounds.map(({ histogramMs, sippMs }) => Math.abs(histogramMs - sippMs)))).toBeLessThan(
        AGREEMENT_MS,
      );

      const samples = await daemon.metrics();
      expect(samples.sum(`${RTT}_bucket`, { le: "0.15" })).toBe(0);
      expect(samples.sum(`${RTT}_count`)).toBeGreaterThanOrEqual(ROUNDS);
      expect(samples.sum("sip_keepalive_failures_total")).toBe(0);
      expect(samples.sum("sip_keepalive_unmatched_responses_total")).toBe(0);
      expect(samples.sum("sip_keepalive_duplicate_responses_total")).toBe(0);
    },
    TIMEOUT_MS,
  );
});

import { expect, test } from "vitest";
import type { Measurement, Outcome, RowSpec } from "../../../bench/measurement.ts";
import { planOf } from "../../../bench/plan.ts";
import { isAllMet, rowsOf } from "../../../bench/rows.ts";
import { runPlan } from "../../../bench/session.ts";
import { printTable } from "../../../bench/table.ts";
import { atMost } from "../../../bench/targets.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

const found = async (): Promise<Outcome> => ({ figures: { cpuUs: 7 }, warnings: ["so-so"] });

function aRow(what: string): RowSpec {
  return { part: "ka", what, figure: "cpuUs", unit: "us", target: atMost(10) };
}

const alone: Measurement = { name: "alone", isAlone: true, own: found, peer: null, rows: [aRow("alone")] };
const onServers: Measurement = { name: "servers", own: found, peer: found, rows: [aRow("servers")] };

const WITHOUT_PHONES = { tools: null, clock: new ManualClock() };

function options(said: string[] = []) {
  const { signal } = new AbortController();
  return { runs: 2, isPeerHere: false, stopping: signal, say: (text: string) => void said.push(text) };
}

test("without phones what needs none is measured, and the rest stays NOT MEASURED by name", async () => {
  const plan = [onServers, alone];
  const samples = await runPlan(plan, WITHOUT_PHONES, options());
  expect(samples.map(({ measurement, server, run }) => [measurement, server, run])).toEqual([
    ["alone", "sipulse", 1],
    ["alone", "sipulse", 2],
  ]);
  const rows = rowsOf(plan, samples, false);
  expect(isAllMet(rows)).toBe(false);
  expect(printTable(rows).split("\n").slice(1)).toEqual([
    "servers  not measured  not here      -  <= 10 us  NOT MEASURED",
    "alone            7 us         -      -  <= 10 us  met",
    "",
  ]);
});

test("the overhead is NOT MEASURED by name without phones, scrape and quantiles are measured", () => {
  const plan = planOf({ parts: ["overhead", "scrape", "quantile"], contacts: [1_000] });
  const needPhones = plan.filter(({ isAlone }) => isAlone !== true);
  expect(needPhones.map(({ name }) => name)).toEqual(["overhead of traces at 1 %, 10,000 / 8 s"]);
  expect(plan.every(({ peer }) => peer === null)).toBe(true);
  const texts = printTable(rowsOf(needPhones, [], false));
  expect(texts).toMatch(/^added by OTLP, traces at 1 %, 10,000 \/ 8 s, engine .* <= 15 % +NOT MEASURED$/m);
});

test("a measurement that fails is said and left out, and what is doubtful is said", async () => {
  const said: string[] = [];
  const failing: Measurement = { ...alone, name: "failing", own: async () => Promise.reject(new Error("no luck")) };
  const samples = await runPlan([failing, alone], WITHOUT_PHONES, { ...options(said), runs: 1 });
  expect(samples.map(({ failure }) => failure)).toEqual(["Error: no luck", null]);
  expect(said.filter((text) => text.startsWith("  !"))).toEqual(["  ! Error: no luck", "  ! so-so"]);
});

test("what is stopped before it began is not measured", async () => {
  const stopping = AbortSignal.abort();
  expect(await runPlan([alone], WITHOUT_PHONES, { ...options(), stopping })).toEqual([]);
});

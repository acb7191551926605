import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { metricRows } from "../../../src/instruments/catalogue.ts";
import type { MetricSnapshot } from "../../../src/instruments/snapshot.ts";
import { openTelemetry, type Telemetry, type TelemetryOptions } from "../../../src/telemetry/registry.ts";
import { fixedSnapshot, openReadable } from "../../fakes/fixed-snapshot.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";
import { describeReal } from "../../support/real.ts";

const EMPTY: MetricSnapshot = { values: new Map(), histograms: new Map() };

function open(options: Partial<TelemetryOptions> = {}) {
  const clock = new ManualClock();
  const telemetry = openTelemetry({
    version: "0.1.0",
    revision: "abc123",
    nodeVersion: "v24.0.0",
    clock,
    storeBackend: "sqlite",
    hasProcessMetrics: false,
    ...options,
  });
  return { clock, telemetry };
}

/** What a scraper gets that asks for nothing in particular. */
async function page(telemetry: Telemetry, snapshot: MetricSnapshot): Promise<string> {
  const { body } = await telemetry.render(snapshot, { accept: undefined, acceptEncoding: undefined, names: null });
  return body.toString();
}

/** Samples of one metric, without HELP and TYPE. */
async function samples(text: Promise<string>, name: string): Promise<readonly string[]> {
  return (await text).split("\n").filter((line) => line.startsWith(name));
}

test("a fixed snapshot is the golden file, octet for octet", async () => {
  const { telemetry } = open();
  telemetry.ready();
  telemetry.store.operationDone("sqlite", "flush", 7, 100);
  telemetry.store.operationFailed("sqlite", "flush", "SQLITE_FULL");
  await expect(page(telemetry, fixedSnapshot())).resolves.toMatchFileSnapshot("../../data/metrics/golden.txt");
});

test("the golden file has every metric of the catalogue, with its type and help, and no other one", () => {
  const golden = readFileSync(new URL("../../data/metrics/golden.txt", import.meta.url), "utf8");
  const heads = golden.split("\n").filter((line) => line.startsWith("#"));
  const wanted = metricRows().flatMap(([, { name, help, type }]) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
  ]);
  expect([...heads].sort()).toEqual([...wanted].sort());
});

test("histograms are cumulative: +Inf equals the count, and no bucket is above the next one", async () => {
  const { telemetry } = open();
  const lines = await samples(page(telemetry, fixedSnapshot()), "sip_keepalive_rtt_seconds");
  const udp = lines.filter((line) => line.includes('transport="udp"'));
  const counts = udp.filter((line) => line.includes("_bucket")).map((line) => Number(line.split(" ").at(-1)));
  expect(counts).toEqual([...counts].sort((a, b) => a - b));
  expect(udp.at(-1)).toMatch(/^sip_keepalive_rtt_seconds_count\{.*\} 2$/);
  expect(counts.at(-1)).toBe(2);
});

test("renders that overlap show one snapshot each", async () => {
  const { telemetry } = open();
  const { instruments, snapshot } = openReadable();
  const aors = instruments.cell("registrarAors");
  const renders = [1, 2, 3].map((value) => {
    instruments.set(aors, value);
    return samples(page(telemetry, snapshot()), "sip_registrar_aors");
  });
  expect((await Promise.all(renders)).flat()).toEqual([1, 2, 3].map((value) => `sip_registrar_aors ${value}`));
});

test("collects the families of the catalogue in its order, engine rows before those of the main thread", async () => {
  const { telemetry } = open();
  const names = (await telemetry.collect(fixedSnapshot())).map(({ name }) => name);
  const rows = metricRows().map(([, row]) => row);
  const engineNames = rows.filter(({ thread }) => thread === "engine").map(({ name }) => name);
  expect(names.slice(0, engineNames.length)).toEqual(engineNames);
  expect([...names].sort()).toEqual(rows.map(({ name }) => name).sort());
});

test("the start time has no sample before the registrar is ready", async () => {
  const { telemetry, clock } = open();
  const name = "sip_registrar_start_time_seconds";
  expect(await samples(page(telemetry, EMPTY), name)).toEqual([]);
  telemetry.ready();
  expect(await samples(page(telemetry, EMPTY), name)).toEqual([`${name} 1800000000`]);
  clock.advance(60_000);
  expect(await samples(page(telemetry, EMPTY), name)).toEqual([`${name} 1800000000`]);
});

test("a refused reload shows as 0 and leaves the time of the last accepted one", async () => {
  const { telemetry, clock } = open();
  const shown = () => samples(page(telemetry, EMPTY), "sip_registrar_config_last_reload");
  const lines = (flag: number, time: number) => [
    `sip_registrar_config_last_reload_successful ${flag}`,
    `sip_registrar_config_last_reload_success_timestamp_seconds ${time}`,
  ];
  expect(await shown()).toEqual(lines(1, 1_800_000_000));
  clock.advance(5_000);
  telemetry.configLoaded(false);
  expect(await shown()).toEqual(lines(0, 1_800_000_000));
  telemetry.configLoaded(true);
  expect(await shown()).toEqual(lines(1, 1_800_000_005));
});

test("store operations exist at 0; a failed one is an operation too, but has no duration", async () => {
  const { telemetry } = open();
  const shown = () => samples(page(telemetry, EMPTY), "sip_registrar_store");
  const of = (name: string, value: number) =>
    `sip_registrar_store_${name}{backend="sqlite",operation="flush"} ${value}`;
  expect(await shown()).toEqual(expect.arrayContaining([of("operations_total", 0), of("failures_total", 0)]));
  telemetry.store.operationDone("sqlite", "flush", 20, 1);
  telemetry.store.operationFailed("sqlite", "flush", "SQLITE_BUSY");
  expect(await shown()).toEqual(
    expect.arrayContaining([
      of("operations_total", 2),
      of("failures_total", 1),
      of("operation_duration_seconds_count", 1),
      of("operation_duration_seconds_sum", 0.02),
    ]),
  );
});

test("without a store there are no store series", async () => {
  const { telemetry } = open({ storeBackend: null });
  expect(await samples(page(telemetry, EMPTY), "sip_registrar_store")).toEqual([]);
});

describeReal("promtool", "promtool check metrics", ({ promtool }) => {
  test.each([
    { what: "a fixed snapshot with process metrics", snapshot: fixedSnapshot() },
    { what: "an engine that has not said anything yet", snapshot: EMPTY },
  ])("has no remarks about $what", async ({ snapshot }) => {
    const { telemetry } = open({ hasProcessMetrics: true });
    telemetry.ready();
    const text = await page(telemetry, snapshot);
    expect(text).toContain("process_resident_memory_bytes");
    const { status, stdout, stderr } = spawnSync(promtool, ["check", "metrics"], { input: text, encoding: "utf8" });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
  });
});

import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { catalogue, metricRows } from "../../../src/instruments/catalogue.ts";
import { GUARDED_LABEL } from "../../../src/instruments/labels.ts";
import { encodeText } from "../../../src/telemetry/exposition/text.ts";
import { prometheusName } from "../../../src/telemetry/otel-name.ts";
import { catalogueFamilies } from "../../fakes/catalogue-families.ts";
import { describeReal } from "../../support/real.ts";

const rows = metricRows().map(([key, row]) => ({ key, row, name: row.name }));

/** Prometheus appends these to the names of histograms and summaries; nothing else may end so. */
const RESERVED_SUFFIX = /_(bucket|count|sum|created|info)$/;

describe("every row of the catalogue", () => {
  test.each(rows)("$name is a legal name below sip_", ({ row }) => {
    expect(row.name).toMatch(/^sip_[a-z]+(_[a-z]+)+$/);
  });

  test.each(rows)("$name ends in _total exactly when it is a counter", ({ row }) => {
    expect(row.name.endsWith("_total")).toBe(row.type === "counter");
  });

  test.each(rows)("$name ends in _seconds exactly when its unit is the second", ({ row }) => {
    expect(row.name.endsWith("_seconds")).toBe(row.unit === "s");
  });

  test.each(rows)("$name ends in _ratio exactly when its unit is 1, and is a gauge then", ({ row }) => {
    expect(row.name.endsWith("_ratio")).toBe(row.unit === "1");
    if (row.unit === "1") expect(row.type).toBe("gauge");
  });

  test.each(rows)("$name has no suffix that belongs to Prometheus", ({ key, row }) => {
    expect(RESERVED_SUFFIX.test(row.name)).toBe(key === "buildInfo");
  });

  test.each(rows)("$name is explained in whole sentences on one line", ({ row }) => {
    expect(row.help).toMatch(/^[A-Z][^\n\\]*\.$/);
  });

  test.each(rows)("$name survives the way through OpenTelemetry and a Collector", ({ row }) => {
    expect(prometheusName(row)).toBe(row.name);
  });

  test.each(rows)("$name has buckets exactly when it is a histogram, ascending and above 0", ({ row }) => {
    expect(row.buckets !== undefined).toBe(row.type === "histogram");
    const bounds = row.buckets ?? [];
    expect(bounds.every((bound, i) => bound > (bounds[i - 1] ?? 0) && Number.isFinite(bound))).toBe(true);
  });

  test.each(rows)("$name has bounded labels with legal names, none of which belongs to Prometheus", ({ row }) => {
    const names = row.labels.map((label) => label.name);
    expect(new Set(names).size).toBe(names.length);
    for (const label of row.labels) {
      expect(label.name).toMatch(/^[a-z]+(_[a-z]+)*$/);
      expect(["le", "quantile", "job", "instance", "type"]).not.toContain(label.name);
      expect(label.max).toBeGreaterThan(0);
      expect(new Set(label.values ?? []).size).toBe(label.values?.length ?? 0);
    }
  });

  test.each(rows.filter(({ row }) => row.type === "histogram"))(
    "$name has at most three labels beside le",
    ({ row }) => {
      expect(row.labels.length).toBeLessThanOrEqual(3);
    },
  );

  test.each(rows)("$name counts overflows of labels that the guard metrics know", ({ row }) => {
    if (row.thread === "main") return;
    for (const label of row.labels) expect(GUARDED_LABEL.values).toContain(label.name);
  });
});

test("no two rows share a name, here or in OpenTelemetry", () => {
  expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
  expect(new Set(rows.map(({ row }) => row.otelName)).size).toBe(rows.length);
});

test("the contract's core is there, with the labels that the contract gives it", () => {
  const labels = (key: keyof typeof catalogue) => catalogue[key].labels.map((label) => label.name);
  expect(labels("keepaliveRtt")).toEqual(["domain", "transport", "method"]);
  expect(labels("keepaliveResponses")).toContain("code");
  expect(labels("keepaliveFailures")).toContain("reason");
  expect(labels("keepaliveContacts")).toContain("state");
  expect(labels("registrarResponses")).toContain("code");
  expect(rows.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      "sip_keepalive_rtt_seconds",
      "sip_keepalive_requests_total",
      "sip_keepalive_responses_total",
      "sip_keepalive_failures_total",
      "sip_keepalive_in_flight",
      "sip_keepalive_contacts",
      "sip_registrar_bindings",
      "sip_registrar_requests_total",
      "sip_registrar_responses_total",
      "sip_registrar_build_info",
    ]),
  );
});

describeReal("promtool", "promtool check metrics", ({ promtool }) => {
  test("has no remarks about a page with one series of every row", () => {
    const input = encodeText(catalogueFamilies());
    for (const { name, row } of rows) expect(input).toContain(`# TYPE ${name} ${row.type}\n`);
    const { status, stdout, stderr } = spawnSync(promtool, ["check", "metrics"], { input, encoding: "utf8" });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
  });
});

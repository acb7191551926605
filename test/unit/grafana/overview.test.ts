/**
 * The overview dashboard: obeys the rules of a good dashboard, names what exists, and is committed as generated.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as units from "@grafana/grafana-foundation-sdk/units";
import { collectDefaultMetrics, Registry } from "prom-client";
import { describe, expect, test } from "vitest";
import { dashboardQueries, overview, overviewJson } from "../../../grafana/overview.ts";
import { type MetricRow, metricRows } from "../../../src/instruments/catalogue.ts";
import { describeReal } from "../../support/real.ts";
import { brokenRules, type DashboardModel } from "./dashboard-rules.ts";

const UNITS = Object.values(units).filter((value) => typeof value === "string");
const dashboard = JSON.parse(overviewJson()) as DashboardModel;
const rows: readonly MetricRow[] = metricRows().map(([, row]) => row);

/** Labels that Prometheus adds: target labels and the bound of a bucket. */
const PROMETHEUS_LABELS = ["job", "instance", "le"];

/** The catalogue row behind the name of a series; `undefined` for metrics of the process. */
const rowOf = (series: string): MetricRow | undefined =>
  rows.find(({ name, type }) => name === series || (type === "histogram" && series.startsWith(`${name}_`)));

describe("the overview dashboard", () => {
  test("obeys the rules of dashboards", () => {
    expect(brokenRules(dashboard, UNITS)).toEqual([]);
  });

  test("is committed as generated: npm run generate", () => {
    const committed = readFileSync(new URL("../../../grafana/overview.json", import.meta.url), "utf8");
    expect(committed).toBe(overviewJson());
  });

  test("asks in the order in which an on-call engineer does", () => {
    expect((overview().panels ?? []).map(({ title }) => title)).toEqual([
      "Contacts",
      "Contacts by state",
      "Reachability",
      "Round trip",
      "Round trip distribution",
      "Round trip p50, p95, p99",
      "Probes",
      "Probes and answers",
      "Failed probes by reason",
      "Late, duplicate and unmatched responses",
      "Trust in the measurement",
      "Schedule delay p99",
      "Imprecise samples",
      "Registrar",
      "Responses to REGISTER by code",
      "Bindings by transport",
      "Parse errors and drops",
      "Process",
      "Process CPU",
      "Process memory",
      "Event loop delay p99, main thread",
    ]);
  });

  test("filters by the reader's variables: datasource, job, instance, domain, transport", () => {
    expect(dashboard.templating?.list?.map(({ name }) => name)).toEqual([
      "datasource",
      "job",
      "instance",
      "domain",
      "transport",
    ]);
  });
});

describe("dashboardQueries()", () => {
  const queries = dashboardQueries();

  test("has every panel and no variable left", () => {
    expect(new Set(queries.map(({ panel }) => panel)).size).toBe(15);
    expect(queries.filter(({ expr }) => expr.includes("$"))).toEqual([]);
  });

  test("takes the interval of the scrape under test", () => {
    expect(dashboardQueries("5s").filter(({ expr }) => expr.includes("[1m]"))).toEqual([]);
    expect(dashboardQueries("5s").some(({ expr }) => expr.includes("[5s]"))).toBe(true);
  });

  test("names only metrics of the catalogue or of prom-client's defaults", () => {
    const registry = new Registry();
    collectDefaultMetrics({ register: registry });
    const defaults = registry.getMetricsAsArray().map(({ name }) => name);
    const unknown = queries
      .flatMap(({ expr }) => [...expr.matchAll(/([a-z_][a-z0-9_]*)\{/g)].map(([, name]) => name ?? ""))
      .filter((name) => rowOf(name) === undefined && !defaults.includes(name));
    expect(unknown).toEqual([]);
  });

  test("selects and groups only by labels that the metric has", () => {
    const wrong = queries.flatMap(({ panel, expr }) => {
      const series = [...expr.matchAll(/([a-z_][a-z0-9_]*)\{([^}]*)\}/g)];
      const grouped = [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list = ""]) => list.split(", "));
      return series.flatMap(([, name = "", matchers = ""]) => {
        const row = rowOf(name);
        const known = [...PROMETHEUS_LABELS, ...(row?.labels ?? []).map((label) => label.name)];
        const used = [...[...matchers.matchAll(/([a-z_]+)=/g)].map(([, label = ""]) => label), ...grouped];
        return used.filter((label) => !known.includes(label)).map((label) => `${panel}: ${name} has no ${label}`);
      });
    });
    expect(wrong).toEqual([]);
  });

  test("asks for contact states that exist", () => {
    const states = rows
      .find(({ name }) => name === "sip_keepalive_contacts")
      ?.labels.find(({ name }) => name === "state");
    const asked = queries
      .flatMap(({ expr }) => [...expr.matchAll(/state=~"([^"]+)"/g)])
      .flatMap(([, list = ""]) => list.split("|"));
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter((state) => !states?.values?.includes(state))).toEqual([]);
  });
});

describeReal("promtool", "promtool", ({ promtool }) => {
  /** Wraps each expression in a recording rule, because promtool checks rule files only. */
  function check(expressions: readonly string[]): { status: number | null; output: string } {
    const folder = mkdtempSync(join(tmpdir(), "sipulse-rules-"));
    try {
      const file = join(folder, "rules.yml");
      const rules = expressions.map((expr, index) => ({ record: `checked:${index}`, expr }));
      writeFileSync(file, JSON.stringify({ groups: [{ name: "dashboard", rules }] }));
      const { status, stdout, stderr } = spawnSync(promtool, ["check", "rules", file], { encoding: "utf8" });
      return { status, output: stdout + stderr };
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  test("parses every expression of the dashboard", () => {
    const { status, output } = check(dashboardQueries().map(({ expr }) => expr));
    expect(status, output).toBe(0);
  });

  test("refuses a broken expression, so the test above can fail", () => {
    expect(check(["sum(rate(sip_keepalive_requests_total[1m])"]).status).not.toBe(0);
  });
});

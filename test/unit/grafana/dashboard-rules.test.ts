/**
 * The dashboard rules find what they are there for.
 *
 * @module
 */
import { describe, expect, test } from "vitest";
import { brokenRules, type DashboardModel, type PanelModel, type VariableModel } from "./dashboard-rules.ts";

const DATASOURCE = { uid: "$datasource" };

const aVariable = (fields: Partial<VariableModel>): VariableModel => ({
  name: "job",
  type: "query",
  label: "Job",
  multi: true,
  includeAll: true,
  allValue: ".+",
  refresh: 2,
  datasource: DATASOURCE,
  ...fields,
});

const aPanel = (fields: Partial<PanelModel> = {}, expr?: string): PanelModel => ({
  type: "timeseries",
  title: "Probes",
  description: "Probes sent.",
  datasource: DATASOURCE,
  gridPos: { x: 0, y: 0, w: 12, h: 8 },
  fieldConfig: { defaults: { unit: "s" } },
  targets: [
    {
      expr: expr ?? 'sum(rate(a_total{job=~"$job",instance=~"$instance"}[$__rate_interval]))',
      legendFormat: "probes",
      datasource: DATASOURCE,
    },
  ],
  ...fields,
});

const aDashboard = (fields: Partial<DashboardModel> = {}): DashboardModel => ({
  editable: false,
  templating: {
    list: [
      { name: "datasource", type: "datasource", label: "Data Source" },
      aVariable({ name: "job" }),
      aVariable({ name: "instance" }),
    ],
  },
  panels: [aPanel()],
  ...fields,
});

const withVariables = (...extra: readonly VariableModel[]): DashboardModel =>
  aDashboard({ templating: { list: [...(aDashboard().templating?.list ?? []), ...extra] } });
const withPanel = (fields: Partial<PanelModel>, expr?: string): DashboardModel =>
  aDashboard({ panels: [aPanel(fields, expr)] });

describe("brokenRules()", () => {
  test("has nothing to say about a good dashboard", () => {
    expect(brokenRules(aDashboard(), ["s"])).toEqual([]);
  });

  test.each([
    { dashboard: aDashboard({ editable: true }), found: "the dashboard must not be editable" },
    { dashboard: aDashboard({ templating: { list: [] } }), found: "variable job is missing" },
    {
      dashboard: withVariables({ name: "other", type: "datasource" }),
      found: 'there must be one data source variable, "datasource", labelled "Data Source"',
    },
    { dashboard: withVariables(aVariable({ name: "a", allValue: "" })), found: "variable a: allValue must be .+" },
    { dashboard: withVariables(aVariable({ name: "a", label: "" })), found: "variable a: needs a label" },
    { dashboard: withVariables(aVariable({ name: "a", datasource: {} })), found: "variable a: must use $datasource" },
    {
      dashboard: withVariables(aVariable({ name: "a", multi: false })),
      found: "variable a: must allow several values and all",
    },
    {
      dashboard: withVariables(aVariable({ name: "a", refresh: 1 })),
      found: "variable a: must refresh when the time range changes",
    },
    { dashboard: withPanel({ title: "" }), found: 'panel "": needs a title' },
    { dashboard: withPanel({ description: "" }), found: 'panel "Probes": needs a description' },
    { dashboard: withPanel({ datasource: { uid: "prom-1" } }), found: 'panel "Probes": must use $datasource' },
    { dashboard: withPanel({ fieldConfig: {} }), found: 'panel "Probes": unit undefined is not one of Grafana\'s' },
    { dashboard: withPanel({ targets: [] }), found: 'panel "Probes": has no query' },
    {
      dashboard: aDashboard({ panels: [aPanel(), aPanel({ title: "Other" })] }),
      found: 'panel "Probes" overlaps "Other"',
    },
  ])("finds: $found", ({ dashboard, found }) => {
    expect(brokenRules(dashboard, ["s"])).toContain(found);
  });

  test.each([
    { expr: 'rate(a_total{instance=~"$instance"}[$__rate_interval])', found: 'a_total needs job=~"$job"' },
    { expr: 'rate(a_total{job=~"$job"}[$__rate_interval])', found: 'a_total needs instance=~"$instance"' },
    {
      expr: 'rate(a_total{job=~"$job",instance=~"$instance"}[5m])',
      found: 'rate(a_total{job=~"$job",instance=~"$instance"}[5m] must use $__rate_interval',
    },
    { expr: 'sum(a_total{job=~"$job",instance=~"$instance"})', found: "a_total needs rate()" },
    { expr: "vector(1)", found: "vector(1) selects nothing" },
  ])("finds in $expr: $found", ({ expr, found }) => {
    expect(brokenRules(withPanel({}, expr), ["s"])).toContain(`panel "Probes": ${found}`);
  });
});

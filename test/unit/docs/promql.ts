/**
 * The PromQL that documents show: which expressions there are, and whether they ask for labels that exist.
 *
 * @module
 */
import type { MetricRow } from "../../../src/instruments/metric-row.ts";
import type { Document } from "../../support/tidy/names.ts";
import type { Problem } from "../../support/tidy/source.ts";
import { codeBlocks } from "./markdown.ts";

/** One expression and where it stands. */
export interface Expression {
  readonly path: string;
  readonly line: number;
  readonly expr: string;
}

const SERIES = /\b(sip_[a-z0-9_]+)(?:\{([^}]*)\})?/g;
const MATCHER = /([a-z_]+)\s*(?:=~|!~|!=|=)\s*["']([^"']*)["']/g;
const GROUPING = /\b(?:by|without)\s*\(([^)]*)\)/g;
/** Labels that Prometheus adds: those of the target, and the bound of a bucket. */
const PROMETHEUS_LABELS = ["job", "instance", "le"];

/** Every line of every `promql` block. */
export function expressionsIn(documents: readonly Document[]): readonly Expression[] {
  return documents.flatMap(({ path, text }) =>
    codeBlocks(text)
      .filter(({ language }) => language === "promql")
      .flatMap((block) =>
        block.text.split("\n").map((expr, index) => ({ path, line: block.line + 1 + index, expr: expr.trim() })),
      )
      .filter(({ expr }) => expr !== ""),
  );
}

/** Metrics that do not exist, labels the metric does not have, and values a closed label never takes. */
export function expressionProblems(expressions: readonly Expression[], rows: readonly MetricRow[]): readonly Problem[] {
  return expressions.flatMap(({ path, line, expr }) => {
    const series = [...expr.matchAll(SERIES)].map(([, name = "", matchers = ""]) => ({
      name,
      row: rowOf(name, rows),
      matchers,
    }));
    const grouped = [...expr.matchAll(GROUPING)].flatMap(([, list = ""]) => list.split(",").map((one) => one.trim()));
    const advices = [
      ...(series.length === 0 ? [`${expr} asks for no metric of ours`] : []),
      ...series.flatMap(({ name, row, matchers }) =>
        row === undefined ? [`no metric ${name}`] : seriesAdvices(name, row, { matchers, grouped }),
      ),
    ];
    return advices.map((advice) => ({ path, line, advice }));
  });
}

/** The row behind the name of a series; only a native histogram has one without a suffix. */
function rowOf(series: string, rows: readonly MetricRow[]): MetricRow | undefined {
  return rows.find(({ name, type, native }) => {
    if (type !== "histogram") return name === series;
    const isNative = native !== undefined && name === series;
    return isNative || ["_bucket", "_count", "_sum"].some((suffix) => name + suffix === series);
  });
}

function seriesAdvices(
  name: string,
  row: MetricRow,
  { matchers, grouped }: { readonly matchers: string; readonly grouped: readonly string[] },
): readonly string[] {
  const labelOf = (wanted: string) => row.labels.find((label) => label.name === wanted);
  const isKnown = (label: string): boolean => labelOf(label) !== undefined || PROMETHEUS_LABELS.includes(label);
  const used = [...matchers.matchAll(MATCHER)].map(([, label = "", value = ""]) => ({ label, value }));
  const unknown = [...used.map(({ label }) => label), ...grouped].filter((label) => !isKnown(label));
  const never = used.flatMap(({ label, value }) => {
    const values = labelOf(label)?.values ?? null;
    return values === null ? [] : value.split("|").filter((one) => !values.includes(one));
  });
  return [
    ...unknown.map((label) => `${name} has no label ${label}`),
    ...never.map((value) => `${name} never has the value ${value}`),
  ];
}

/**
 * `docs/METRICS.md`, printed from the catalogue.
 *
 * @module
 */

import { type MetricRow, metricRows } from "../instruments/catalogue.ts";
import { CELLS_MAX } from "../instruments/exchange.ts";
import { OTHER } from "../instruments/label-value.ts";
import type { Label } from "../instruments/labels.ts";

const INTRODUCTION = `# Metrics

Generated from \`src/instruments/catalogue.ts\` by \`npm run generate\`; do not edit.

\`GET /metrics\` answers in the Prometheus text format 0.0.4. Beside the metrics below it shows the \`process_*\` and
\`nodejs_*\` metrics of prom-client, those of the main thread. Names, types and labels are a contract: a change is
announced in the changelog with the query to migrate.

## What always holds

At every scrape, all terms being of one instant and each counted on its own (nothing is a difference):

    sip_keepalive_requests_total = accepted responses + sip_keepalive_failures_total + sip_keepalive_in_flight
    sip_keepalive_rtt_seconds_count = accepted responses

summed over all labels but \`transport\`. Any final response is accepted. Samples flagged as imprecise are part of the
histogram and counted apart. A timeout is never observed as a round trip.

## Labels

Addresses, AoRs, Call-IDs and user agents never become labels. A closed label has the values listed and no others; an
open one takes its values from outside, at most so many. What does not fit becomes \`${OTHER}\` and is counted in
\`sip_registrar_label_overflows_total\`. All series of the engine share ${CELLS_MAX} cells (a histogram series takes its
buckets + 2); a series that finds no room is counted under \`label="cells"\` and its observations go to the series whose
labels are all \`${OTHER}\`.
`;

/** The text of `docs/METRICS.md`. */
export function metricsDocument(): string {
  const rows = metricRows().map(([, row]) => row);
  const overview = rows.map((row) => `| [\`${row.name}\`](#${row.name}) | ${row.type} | ${labelNames(row)} |`);
  return [
    INTRODUCTION,
    "## Overview\n",
    "| metric | type | labels |\n|---|---|---|",
    ...overview,
    "\n## Each metric\n",
    rows.map(section).join("\n"),
  ].join("\n");
}

function labelNames({ labels }: MetricRow): string {
  return labels.map((label) => label.name).join(", ") || "–";
}

function section(row: MetricRow): string {
  const facts = [
    `* type: ${row.type}, unit: ${row.unit === "s" ? "seconds" : row.unit.slice(1, -1)}`,
    `* OpenTelemetry: \`${row.otelName}\`, unit \`${row.unit}\``,
    ...(row.buckets === undefined ? [] : [`* buckets: ${row.buckets.join(" ")}`]),
    ...row.labels.map(labelLine),
  ];
  return `### ${row.name}\n\n${row.help}\n\n${facts.join("\n")}\n`;
}

function labelLine({ name, max, values, doc }: Label): string {
  const what = values === null ? `at most ${max} values` : values.map((value) => `\`${value}\``).join(" ");
  return `* label \`${name}\`: ${what}${doc === "" ? "" : ` (${doc})`}`;
}

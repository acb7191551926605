/**
 * `docs/METRICS.md`, printed from the catalogue.
 *
 * @module
 */

import { type MetricRow, metricRows } from "../instruments/catalogue.ts";
import { CELLS_MAX } from "../instruments/exchange.ts";
import { OTHER } from "../instruments/label-value.ts";
import type { Label } from "../instruments/labels.ts";
import { NATIVE_SECONDS } from "../instruments/metric-row.ts";
import type { NativeShape } from "../instruments/native-buckets.ts";

const INTRODUCTION = `# Metrics

Generated from \`src/instruments/catalogue.ts\` by \`npm run generate\`; do not edit.

\`GET /metrics\` answers in the encoding that is asked for: Prometheus text 0.0.4, OpenMetrics 1.0 or Prometheus'
protobuf. Beside the metrics below it shows the \`process_*\` and \`nodejs_*\` metrics of prom-client, those of the main
thread. Names, types and labels are a contract: a change is announced in the changelog with the query to migrate.

## Encodings

| asked for by \`Accept\` | who asks | what it has |
|---|---|---|
| nothing in particular, \`text/plain; version=0.0.4\` | browsers, \`curl\`, \`promtool check metrics\` | classic buckets |
| \`application/openmetrics-text; version=1.0.0\` | Prometheus | classic buckets, exemplars, units, \`_created\` |
| \`application/vnd.google.protobuf\` | Prometheus that stores native histograms | both kinds of buckets, exemplars, units, creation times |

Each series has one name and one value in all of them. A bound that is a whole number is \`le="10"\` in text 0.0.4, and
\`le="10.0"\` in OpenMetrics and in a Prometheus that read protobuf, as the formats want it. A Prometheus that reads
OpenMetrics keeps the \`_created\` samples as series of their own; a \`metric_relabel_configs\` rule that drops
\`.+_created\` saves their room. Answers are compressed with gzip when \`Accept-Encoding\` allows it.

\`GET /metrics?name[]=sip_keepalive_rtt_seconds&name[]=sip_registrar_aors\` shows only these; a histogram goes by the name
below, without \`_bucket\`. At most 64 scrapes are under way at once, one more is answered 503.

## What always holds

At every scrape, all terms being of one instant and each counted on its own (nothing is a difference):

    sip_keepalive_requests_total = accepted responses + sip_keepalive_failures_total + sip_keepalive_in_flight
    sip_keepalive_rtt_seconds_count = accepted responses

summed over all labels but \`transport\`. Any final response is accepted. Samples flagged as imprecise are part of the
histogram and counted apart. A timeout is never observed as a round trip.

## Histograms

Every histogram of the engine is two at once. The classic buckets are in every encoding. The exponential buckets, which
Prometheus calls a native histogram, are in protobuf and OTLP: nobody had to choose their bounds, and a quantile from
them is a few percent off at most, usually less than one.

A series starts with buckets 1.1 % wide. When its values lie too far apart for ${NATIVE_SECONDS.maxBuckets} of them, neighbours are merged and
buckets become twice as wide; for Prometheus and OpenTelemetry it stays the same histogram. What is at or below the
zero threshold has a bucket of its own.

A Prometheus that stores native histograms leaves out the classic buckets of the same metric unless its scrape
configuration asks for both. These two ask the same, the first of classic buckets and the second of native histograms:

\`\`\`promql
histogram_quantile(0.95, sum by (le, domain) (rate(sip_keepalive_rtt_seconds_bucket[5m])))
histogram_quantile(0.95, sum by (domain) (rate(sip_keepalive_rtt_seconds[5m])))
\`\`\`

## Labels

Addresses, AoRs, Call-IDs and user agents never become labels. A closed label has the values listed and no others; an
open one takes its values from outside, at most so many. What does not fit becomes \`${OTHER}\` and is counted in
\`sip_registrar_label_overflows_total\`. All series of the engine share ${CELLS_MAX} cells (a histogram series takes one
for each of its classic and exponential buckets and 5 more); a series that finds no room is counted under
\`label="cells"\` and its observations go to the series whose labels are all \`${OTHER}\`.
`;

/** What a reader may look for, without the prefix: these names are not taken yet. */
const ABSENT: readonly (readonly [names: string, why: string])[] = [
  ["`keepalive_retransmissions_total`", "A probe is never sent twice: a second one would hide the loss of the first."],
  ["`keepalive_interval_seconds`", "Every contact has the same interval, `keepalive.interval`."],
  [
    "`keepalive_group_*`, `registrar_ua_bindings`",
    "Contacts are not grouped by user agent, network or country yet. The API has the user agent of each.",
  ],
  [
    "`nat_rebindings_total`",
    'Contacts that come back from another address are counted as `sip_registrar_binding_events_total{event="moved"}`.',
  ],
  ["`nat_binding_lifetime_seconds`", "The interval is configured and not found out."],
  ["`registrar_auth_failures_total`", "There are no credentials yet; a refused REGISTER is a 403 among the responses."],
  ["`registrar_cluster_*`", "One daemon owns all its contacts."],
  ["`bridge_*`", "There is no bridge to another registrar yet."],
];

const AORS_NOTE =
  "`sip_registrar_aors` has no label `domain`: with `registrar.use_domain: false` an AoR belongs to no domain.";

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
    "## Not here, or not yet\n",
    "| name after `sip_` | why |\n|---|---|",
    ...ABSENT.map(([names, why]) => `| ${names} | ${why} |`),
    `\n${AORS_NOTE}\n`,
  ].join("\n");
}

function labelNames({ labels }: MetricRow): string {
  return labels.map((label) => label.name).join(", ") || "–";
}

function section(row: MetricRow): string {
  const facts = [
    `* type: ${row.type}, unit: ${unitWord(row)}`,
    `* OpenTelemetry: \`${row.otelName}\`, unit \`${row.unit}\``,
    ...(row.buckets === undefined ? [] : [`* buckets: ${row.buckets.join(" ")}`]),
    ...(row.native === undefined ? [] : [nativeLine(row.native)]),
    ...row.labels.map(labelLine),
  ];
  return `### ${row.name}\n\n${row.help}\n\n${facts.join("\n")}\n`;
}

function unitWord({ unit }: MetricRow): string {
  if (unit === "s") return "seconds";
  return unit === "1" ? "ratio" : unit.slice(1, -1);
}

function nativeLine({ schema, maxBuckets, zeroThreshold }: NativeShape): string {
  return `* exponential buckets: at most ${maxBuckets}, schema ${schema} at the start, zero threshold ${zeroThreshold}`;
}

function labelLine({ name, max, values, doc }: Label): string {
  const what = values === null ? `at most ${max} values` : values.map((value) => `\`${value}\``).join(" ");
  return `* label \`${name}\`: ${what}${doc === "" ? "" : ` (${doc})`}`;
}

/**
 * The numbers on the page, from one snapshot of the instruments: as cheap for a million contacts as for ten.
 *
 * @module
 */
import type { MetricSnapshot } from "../instruments/snapshot.ts";
import { CONTACT_STATES } from "../location/contact-view.ts";

/** A row of the metric catalogue, as far as the page needs it. */
export interface MetricRow {
  readonly key: string;
  /** Names, in the order of the series' label values. */
  readonly labels: readonly string[];
}

/** The rows the page shows. Handed in, so that the page does not know the catalogue's keys. */
export interface PageRows {
  /** Gauge with the labels `state` and `transport`. */
  readonly contacts: MetricRow;
  readonly requests: MetricRow;
  /** Counter with the label `reason`. */
  readonly failures: MetricRow;
  readonly inFlight: MetricRow;
  /** Histogram in seconds; `boundsS` without the last, infinite one. */
  readonly roundTrip: MetricRow & { readonly boundsS: readonly number[] };
}

/** The answer of `GET /api/v1/summary`. */
export interface Summary {
  readonly contacts: number;
  /** Every state is there, 0 included. */
  readonly states: Readonly<Record<string, number>>;
  readonly transports: Readonly<Record<string, number>>;
  readonly probes: ProbeSummary;
}

/** What became of the probes since the start: requests = answers + failures + in flight. */
export interface ProbeSummary {
  readonly requests: number;
  /** Accepted answers: as many as the histogram of round trips counts. */
  readonly answers: number;
  readonly failures: number;
  readonly failuresByReason: Readonly<Record<string, number>>;
  readonly inFlight: number;
}

/** The answer of `GET /api/v1/rtt-histogram`: every accepted answer since the start. */
export interface RttHistogram {
  /** Upper bounds in seconds, ascending; one bucket more than bounds, the last is unbounded. */
  readonly boundsS: readonly number[];
  /** Answers per bucket, not cumulative. */
  readonly counts: readonly number[];
  readonly count: number;
  readonly sumS: number;
}

/** Adds up the contacts over all domains; a row without series counts as 0. */
export function summaryOf(snapshot: MetricSnapshot, rows: PageRows): Summary {
  const states = sumBy(snapshot, rows.contacts, "state");
  for (const state of CONTACT_STATES) states.set(state, states.get(state) ?? 0);
  return {
    contacts: total(snapshot, rows.contacts),
    states: Object.fromEntries(states),
    transports: Object.fromEntries(sumBy(snapshot, rows.contacts, "transport")),
    probes: {
      requests: total(snapshot, rows.requests),
      answers: rttHistogramOf(snapshot, rows).count,
      failures: total(snapshot, rows.failures),
      failuresByReason: Object.fromEntries(sumBy(snapshot, rows.failures, "reason")),
      inFlight: total(snapshot, rows.inFlight),
    },
  };
}

/** Adds up the round trips over all domains, transports and methods. */
export function rttHistogramOf(snapshot: MetricSnapshot, rows: PageRows): RttHistogram {
  const { key, boundsS } = rows.roundTrip;
  const counts = new Array<number>(boundsS.length + 1).fill(0);
  let sumS = 0;
  for (const series of snapshot.histograms.get(key) ?? []) {
    for (let i = 0; i < counts.length; i++) counts[i]! += series.counts[i] ?? 0;
    sumS += series.sum;
  }
  return { boundsS, counts, count: counts.reduce((sum, count) => sum + count, 0), sumS };
}

function total(snapshot: MetricSnapshot, row: MetricRow): number {
  return (snapshot.values.get(row.key) ?? []).reduce((sum, series) => sum + series.value, 0);
}

function sumBy(snapshot: MetricSnapshot, row: MetricRow, label: string): Map<string, number> {
  const at = row.labels.indexOf(label);
  const sums = new Map<string, number>();
  for (const { labels, value } of snapshot.values.get(row.key) ?? []) {
    const name = labels[at];
    if (name !== undefined) sums.set(name, (sums.get(name) ?? 0) + value);
  }
  return sums;
}

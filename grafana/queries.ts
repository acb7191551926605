/**
 * Builds PromQL that obeys the rules of the dashboards: matchers everywhere, counters only inside `rate`.
 *
 * @module
 */
import { DOMAIN_MATCHER, TARGET_MATCHERS, TRANSPORT_MATCHER } from "./choices.ts";

/** Which of the reader's variables a metric has labels for. */
export type Scope = "domain" | "transport" | "process";

const SCOPE_MATCHERS: Readonly<Record<Scope, readonly string[]>> = {
  domain: [DOMAIN_MATCHER, TRANSPORT_MATCHER],
  transport: [TRANSPORT_MATCHER],
  process: [],
};

/** `name{job=~"$job",...}`; `extra` matchers come last, e.g. `state="reachable"`. */
export function select(name: string, scope: Scope, ...extra: readonly string[]): string {
  return `${name}{${[...TARGET_MATCHERS, ...SCOPE_MATCHERS[scope], ...extra].join(",")}}`;
}

/** Events per second of a counter. */
export function rate(name: string, scope: Scope, ...extra: readonly string[]): string {
  return `rate(${select(name, scope, ...extra)}[$__rate_interval])`;
}

/** `sum(...)`, or `sum by (label) (...)`. */
export function sum(expression: string, ...by: readonly string[]): string {
  return by.length === 0 ? `sum(${expression})` : `sum by (${by.join(", ")}) (${expression})`;
}

/**
 * A quantile that works for classic and for native histograms: a Prometheus that scrapes native ones may drop the
 * classic buckets of the same metric.
 *
 * @param quantile 0-1
 */
export function quantile(quantile: number, histogram: string, scope: Scope): string {
  const classic = `histogram_quantile(${quantile}, ${sum(rate(`${histogram}_bucket`, scope), "le")})`;
  const native = `histogram_quantile(${quantile}, ${sum(rate(histogram, scope))})`;
  return `${classic} or ${native}`;
}

/** `part / whole` as 0-1; without data while the whole is 0, because 0 of 0 is no share. */
export function share(part: string, whole: string): string {
  return `${part} / (${whole} > 0)`;
}

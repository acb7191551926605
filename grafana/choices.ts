/**
 * What an operator may want to change: selectors, thresholds, colours. Panels take them from here only.
 *
 * @module
 */

/** Labels every expression selects by. */
export const TARGET_MATCHERS = ['job=~"$job"', 'instance=~"$instance"'] as const;

/** Labels of SIP metrics the reader may narrow down to. */
export const DOMAIN_MATCHER = 'domain=~"$domain"';
export const TRANSPORT_MATCHER = 'transport=~"$transport"';

/** Ratio, 0-1. Below the first a customer calls; below the second many do. */
export const REACHABLE_RATIO = { warning: 0.99, critical: 0.95 } as const;

/** Seconds. Twice the one-way limits of ITU-T G.114: 150 ms is good, above 400 ms people talk over each other. */
export const ROUND_TRIP_S = { warning: 0.3, critical: 0.8 } as const;

/** Seconds. Probes are paced by the millisecond: 10 ms late is a busy engine, 100 ms a stalled one. */
export const SCHEDULE_DELAY_S = { warning: 0.01, critical: 0.1 } as const;

/** Ratio, 0-1. Above it, the quantiles describe this host as much as the network. */
export const IMPRECISE_RATIO = { warning: 0.05, critical: 0.3 } as const;

/** Contacts with these states answer; `unknown` has not been probed yet and counts neither way. */
export const ANSWERING_STATES = ["reachable", "degraded"] as const;
export const SILENT_STATES = ["unreachable"] as const;

/** Green is fine, red needs a person, in both themes and for most colour-blind eyes next to blue and grey. */
export const STATE_COLOURS = {
  reachable: "green",
  degraded: "orange",
  unreachable: "red",
  unknown: "#808080",
} as const;

/**
 * Panels about contacts, round trips and probes.
 *
 * @module
 */
import type { PanelBuilder as HeatmapBuilder } from "@grafana/grafana-foundation-sdk/heatmap";
import type { PanelBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import {
  ANSWERING_STATES,
  IMPRECISE_RATIO,
  REACHABLE_RATIO,
  ROUND_TRIP_S,
  SCHEDULE_DELAY_S,
  SILENT_STATES,
} from "./choices.ts";
import { graph, heatmapOfBuckets, withStateColours } from "./panels.ts";
import { quantile, rate, select, share, sum } from "./queries.ts";

const QUANTILES = [0.5, 0.95, 0.99] as const;

const contactsIn = (states: readonly string[]): string =>
  sum(select("sip_keepalive_contacts", "domain", `state=~"${states.join("|")}"`));

/** How many contacts answer, how many do not. */
export function contactsByState(): PanelBuilder {
  return withStateColours(
    graph(
      {
        title: "Contacts by state",
        description:
          "Contacts subject to keepalive. Unknown: not answered yet. Unreachable: several probes in a row were lost. " +
          "A step from reachable to unreachable across all domains points at this server or its network.",
        unit: "short",
        targets: [{ expr: sum(select("sip_keepalive_contacts", "domain"), "state"), legend: "{{state}}" }],
      },
      { isStacked: true },
    ),
  );
}

/** The share that answers. */
export function reachability(): PanelBuilder {
  const whole = contactsIn([...ANSWERING_STATES, ...SILENT_STATES]);
  return graph(
    {
      title: "Reachability",
      description: "Share of probed contacts that answer. Contacts not probed yet count neither way.",
      unit: "percentunit",
      targets: [{ expr: share(contactsIn(ANSWERING_STATES), whole), legend: "reachable" }],
    },
    { thresholds: { ...REACHABLE_RATIO, isLowBad: true }, max: 1 },
  );
}

/** Where the round trips lie, and whether there are two crowds. */
export function roundTripHeatmap(): HeatmapBuilder {
  const buckets = select("sip_keepalive_rtt_seconds_bucket", "domain");
  return heatmapOfBuckets({
    title: "Round trip distribution",
    description:
      "Answered probes by round trip. A second band is a second kind of path or phone; a band that moves up as a " +
      "whole is a network or this host. Lost probes are not in it, see the failures below.",
    unit: "s",
    targets: [{ expr: sum(`increase(${buckets}[$__rate_interval])`, "le"), legend: "{{le}}" }],
  });
}

/** The numbers for the ticket. */
export function roundTripQuantiles(): PanelBuilder {
  return graph(
    {
      title: "Round trip p50, p95, p99",
      description:
        "Quantiles of answered probes, precise to the width of a bucket. 0.3 s and 0.8 s are twice the one-way limits " +
        "of ITU-T G.114 for good and for usable conversation.",
      unit: "s",
      targets: QUANTILES.map((q) => ({
        expr: quantile(q, "sip_keepalive_rtt_seconds", "domain"),
        legend: `p${Math.round(q * 100)}`,
      })),
    },
    { thresholds: ROUND_TRIP_S },
  );
}

/** Whether what goes out comes back. */
export function probesAndAnswers(): PanelBuilder {
  return graph({
    title: "Probes and answers",
    description: "Keepalives sent and final responses in time. The gap between the lines is what is lost.",
    unit: "reqps",
    targets: [
      { expr: sum(rate("sip_keepalive_requests_total", "domain")), legend: "probes" },
      { expr: sum(rate("sip_keepalive_responses_total", "domain")), legend: "answers" },
    ],
  });
}

/** Why probes fail. */
export function failuresByReason(): PanelBuilder {
  return graph(
    {
      title: "Failed probes by reason",
      description:
        "timeout: nothing came back, the phone or its NAT binding is gone. connection_*: the stream is gone. " +
        "send_error: this server could not send. connection_closed: the phone hung up. cancelled: the contact left or moved meanwhile.",
      unit: "reqps",
      targets: [{ expr: sum(rate("sip_keepalive_failures_total", "domain"), "reason"), legend: "{{reason}}" }],
    },
    { isStacked: true },
  );
}

/** Responses that are not samples. */
export function strayResponses(): PanelBuilder {
  return graph({
    title: "Late, duplicate and unmatched responses",
    description:
      "None of them is in the round trip. Late: after the probe timeout, which may be too short. Duplicate: the " +
      "network or the phone repeats. Unmatched: belongs to no probe; a rise can be a forgery or a restart.",
    unit: "cps",
    targets: [
      { expr: sum(rate("sip_keepalive_late_responses_total", "domain")), legend: "late" },
      { expr: sum(rate("sip_keepalive_duplicate_responses_total", "domain")), legend: "duplicate" },
      {
        expr: sum(rate("sip_keepalive_unmatched_responses_total", "transport"), "reason"),
        legend: "unmatched: {{reason}}",
      },
    ],
  });
}

/** How late this server sends. */
export function scheduleDelay(): PanelBuilder {
  return graph(
    {
      title: "Schedule delay p99",
      description:
        "How late probes leave after their due time. Above 10 ms the engine is busy; look at the process below.",
      unit: "s",
      targets: [{ expr: quantile(0.99, "sip_keepalive_schedule_delay_seconds", "process"), legend: "p99" }],
    },
    { thresholds: SCHEDULE_DELAY_S },
  );
}

/** How many samples this server may have lengthened itself. */
export function impreciseShare(): PanelBuilder {
  const samples = sum(rate("sip_keepalive_rtt_seconds_count", "transport"));
  return graph(
    {
      title: "Imprecise samples",
      description:
        "Share of round trips measured while the engine was busy around the response. They are part of the " +
        "distribution; a high share means that its upper end describes this host.",
      unit: "percentunit",
      targets: [
        {
          expr: share(sum(rate("sip_keepalive_imprecise_samples_total", "transport")), samples),
          legend: "imprecise",
        },
      ],
    },
    { thresholds: IMPRECISE_RATIO, max: 1 },
  );
}

/**
 * Service level objectives as metrics, so that an alert can be written once for every domain and every objective.
 *
 *      slo.* settings ------+
 *      domains with series -+--> one series per objective and domain
 *
 * `*` in the settings becomes one series for each domain that the engine counts under, because a query can only join
 * what has the same labels.
 *
 * @module
 */
import { Gauge, type Registry } from "prom-client";
import { msToS } from "../base/units.ts";
import type { ReachabilityObjective, RttObjective } from "../config/slo.ts";
import { type MetricKey, metricRow } from "../instruments/catalogue.ts";
import type { SloName } from "../instruments/labels.ts";
import type { MetricSnapshot } from "../instruments/snapshot.ts";

/** The objectives in force. */
export interface SloSettings {
  readonly reachability: readonly ReachabilityObjective[];
  readonly rtt: readonly RttObjective[];
}

/** One objective for one domain. */
export interface SloSeries {
  readonly slo: SloName;
  readonly domain: string;
  /** 0 < x < 1. */
  readonly objectiveRatio: number;
  /** `null` for an objective without one. */
  readonly thresholdMs: number | null;
}

/** Objectives in the registry. */
export interface SloMetrics {
  /** Takes other objectives; what is gone from the settings is gone from the metrics. */
  configure(settings: SloSettings): void;
  /** Call it before each scrape: `*` covers the domains of this snapshot. */
  cover(snapshot: MetricSnapshot): void;
}

/**
 * Who has which objective.
 *
 * @param domains values of the domain label that the engine counts under
 */
export function sloSeries(settings: SloSettings, domains: readonly string[]): readonly SloSeries[] {
  const reachability = perDomain(settings.reachability, domains).map(({ domain, objective }) => {
    return { slo: "reachability" as const, domain, objectiveRatio: objective.objectiveRatio, thresholdMs: null };
  });
  const rtt = perDomain(settings.rtt, domains).map(({ domain, objective: { objectiveRatio, thresholdMs } }) => {
    return { slo: "rtt" as const, domain, objectiveRatio, thresholdMs };
  });
  return [...reachability, ...rtt];
}

/** A domain's own objective goes before that of `*`, and is there before its first contact is. */
function perDomain<Objective extends ReachabilityObjective>(
  objectives: readonly Objective[],
  domains: readonly string[],
): readonly { readonly domain: string; readonly objective: Objective }[] {
  const own = objectives.flatMap((objective) => {
    return objective.domain === null ? [] : [{ domain: objective.domain, objective }];
  });
  const standard = objectives.find(({ domain }) => domain === null);
  if (standard === undefined) return own;
  const named = new Set(own.map(({ domain }) => domain));
  return [...own, ...domains.filter((domain) => !named.has(domain)).map((domain) => ({ domain, objective: standard }))];
}

/** Each domain once that has contacts, or had. */
export function domainsOf(snapshot: MetricSnapshot): readonly string[] {
  const at = metricRow("keepaliveContacts").labels.findIndex(({ name }) => name === "domain");
  const domains = (snapshot.values.get("keepaliveContacts") ?? []).map(({ labels }) => labels[at] ?? "");
  return [...new Set(domains)].sort();
}

/** Registers both metrics; without objectives they have no series. */
export function openSloMetrics(register: Registry, initial: SloSettings): SloMetrics {
  const objectives = gauge("sloObjective", register);
  const thresholds = gauge("sloThreshold", register);
  let settings = initial;
  let domains: readonly string[] = [];
  function publish(): void {
    objectives.reset();
    thresholds.reset();
    for (const { slo, domain, objectiveRatio, thresholdMs } of sloSeries(settings, domains)) {
      objectives.set({ slo, domain }, objectiveRatio);
      if (thresholdMs !== null) thresholds.set({ slo, domain }, msToS(thresholdMs));
    }
  }
  publish();
  return {
    configure(next) {
      settings = next;
      publish();
    },
    cover(snapshot) {
      const seen = domainsOf(snapshot);
      if (seen.join("\n") === domains.join("\n")) return;
      domains = seen;
      publish();
    },
  };
}

function gauge(key: MetricKey, register: Registry): Gauge {
  const { name, help, labels } = metricRow(key);
  return new Gauge({ name, help, labelNames: labels.map((label) => label.name), registers: [register] });
}

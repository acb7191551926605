/**
 * What concerns more than one setting: defaults that follow another setting, and values that contradict each other.
 *
 * @module
 */
import { hostPort, isLoopback } from "../base/net-names.ts";
import { sToMs } from "../base/units.ts";
import { printDuration } from "./kinds.ts";
import type { Config, SettingName } from "./schema.ts";
import type { ReachabilityObjective } from "./slo.ts";

/** Config while it is being put together. */
export type Draft = { -readonly [K in SettingName]: Config[K] };

/** Share of the interval that an unset probe timeout takes at most: a probe is decided before the next one leaves. */
const TIMEOUT_SHARE_OF_INTERVAL = 0.8;

/** Share of the shortest pause that it takes at most, when a large jitter makes that shorter still. */
const TIMEOUT_SHARE_OF_PAUSE = 0.9;

/** Time between two probes when jitter shortens it most, in whole milliseconds. */
function shortestPauseMs(config: Config): number {
  return Math.floor(config.keepaliveIntervalMs * (1 - config.keepaliveJitterRatio) + 1e-6); // 0.9 * 30000 is not exact.
}

/**
 * Fits the defaults that follow other settings. Only what nobody gave is changed.
 *
 * @param isGiven whether a source other than the default gave the setting
 * @returns what was fitted, with the reason
 */
export function fitDefaults(draft: Draft, isGiven: (name: SettingName) => boolean): ReadonlyMap<SettingName, string> {
  const fitted = new Map<SettingName, string>();
  function fit<K extends SettingName>(name: K, value: Config[K], because: string): void {
    if (isGiven(name) || draft[name] === value) return;
    draft[name] = value;
    fitted.set(name, because);
  }
  const { registrarMinExpiresS: minS, registrarMaxExpiresS: maxS, registrarDefaultExpiresS: defaultS } = draft;
  fit(
    "registrarDefaultExpiresS",
    Math.max(minS, Math.min(maxS, defaultS)),
    "kept between registrar.min_expires and registrar.max_expires",
  );
  const timeoutMs = Math.min(
    draft.keepaliveProbeTimeoutMs,
    Math.floor(draft.keepaliveIntervalMs * TIMEOUT_SHARE_OF_INTERVAL),
    Math.floor(shortestPauseMs(draft) * TIMEOUT_SHARE_OF_PAUSE),
  );
  fit("keepaliveProbeTimeoutMs", timeoutMs, "follows keepalive.interval and keepalive.jitter");
  if (draft.simulatePhones > 0) fit("locationMode", "memory", "because simulate is set");
  return fitted;
}

/** A rule over several settings. */
export interface Check {
  /** The settings it reads; the first one that was given is blamed. */
  readonly about: readonly SettingName[];
  /** The problem without its source; `null` when the rule holds. */
  readonly problem: (config: Config) => string | null;
}

export const checks: readonly Check[] = [
  {
    about: ["registrarMaxExpiresS", "registrarMinExpiresS"],
    problem: ({ registrarMinExpiresS: minS, registrarMaxExpiresS: maxS }) =>
      maxS >= minS
        ? null
        : `registrar.max_expires must be at least registrar.min_expires (${seconds(minS)}), got ${seconds(maxS)}`,
  },
  {
    about: ["registrarDefaultExpiresS", "registrarMinExpiresS", "registrarMaxExpiresS"],
    problem: ({ registrarMinExpiresS: minS, registrarMaxExpiresS: maxS, registrarDefaultExpiresS: defaultS }) =>
      maxS < minS || (defaultS >= minS && defaultS <= maxS)
        ? null
        : `registrar.default_expires must be from registrar.min_expires to registrar.max_expires (${seconds(minS)} to ${seconds(maxS)}), got ${seconds(defaultS)}`,
  },
  {
    about: ["keepaliveProbeTimeoutMs", "keepaliveIntervalMs", "keepaliveJitterRatio"],
    problem: (config) =>
      config.keepaliveProbeTimeoutMs < shortestPauseMs(config)
        ? null
        : `keepalive.probe_timeout must be below keepalive.interval * (1 - keepalive.jitter) = ${printDuration(shortestPauseMs(config))}, got ${printDuration(config.keepaliveProbeTimeoutMs)}`,
  },
  {
    about: ["adminListen", "adminToken"],
    problem: ({ adminListen: { host, port }, adminToken }) =>
      adminToken !== null || isLoopback(host) || host === "localhost"
        ? null
        : `admin.listen must be a loopback address unless admin.token is set, got ${hostPort(host, port)}`,
  },
  { about: ["sloReachability"], problem: ({ sloReachability }) => repeated("slo.reachability", sloReachability) },
  { about: ["sloRtt"], problem: ({ sloRtt }) => repeated("slo.rtt", sloRtt) },
  {
    about: ["sloReachability", "sipDomains"],
    problem: ({ sloReachability, sipDomains }) => foreign("slo.reachability", sloReachability, sipDomains),
  },
  {
    about: ["sloRtt", "sipDomains"],
    problem: ({ sloRtt, sipDomains }) => foreign("slo.rtt", sloRtt, sipDomains),
  },
  {
    about: ["sloRtt", "keepaliveProbeTimeoutMs"],
    problem: ({ sloRtt, keepaliveProbeTimeoutMs: timeoutMs }) => {
      // Later answers are failures, not round trips: such an objective could never be missed.
      const tooLong = sloRtt.find(({ thresholdMs }) => thresholdMs >= timeoutMs);
      return tooLong === undefined
        ? null
        : `slo.rtt must have thresholds below keepalive.probe_timeout (${printDuration(timeoutMs)}), got ${printDuration(tooLong.thresholdMs)}`;
    },
  },
];

/** One domain cannot have two objectives. */
function repeated(key: string, objectives: readonly ReachabilityObjective[]): string | null {
  const domains = objectives.map(({ domain }) => domain ?? "*");
  const twice = domains.find((domain, at) => domains.indexOf(domain) !== at);
  return twice === undefined ? null : `${key} must name each domain once, got ${twice} twice`;
}

/** An objective for a domain that is not served would have no data, and its alert would never fire. */
function foreign(key: string, objectives: readonly ReachabilityObjective[], served: readonly string[]): string | null {
  if (served.length === 0) return null;
  const unknown = objectives.find(({ domain }) => domain !== null && !served.includes(domain));
  return unknown === undefined ? null : `${key} must name only domains of sip.domains, got ${unknown.domain}`;
}

const seconds = (value: number): string => printDuration(sToMs(value));

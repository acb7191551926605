/**
 * The operator's settings as engine and telemetry want them.
 *
 * @module
 */
import type { Config } from "./config/schema.ts";
import type { EngineSettings } from "./engine-port/port.ts";
import type { SpanPolicy } from "./instruments/span-sampler.ts";
import type { SloSettings } from "./telemetry/slo.ts";

/** Host of probes for AoRs without a domain, when none is configured. */
const NAMELESS_DOMAIN = "sipulse.invalid";

/** The engine's part of the configuration. @param spans how much is traced; `null` for nothing */
export function engineSettingsOf(config: Config, spans: SpanPolicy | null = null): EngineSettings {
  return {
    listen: config.sipListen,
    serverId: config.serverId,
    domains: config.sipDomains.map((domain) => domain.toLowerCase()),
    domainsMax: config.telemetryDomainsMax,
    minExpiresS: config.registrarMinExpiresS,
    maxExpiresS: config.registrarMaxExpiresS,
    defaultExpiresS: config.registrarDefaultExpiresS,
    maxContactsPerAor: config.registrarMaxContacts,
    useDomain: config.registrarUseDomain,
    natDetect: config.registrarNatDetect,
    path: config.registrarPath,
    authMode: config.registrarAuthMode,
    maxContacts: config.locationMaxContacts,
    isJournaled: config.locationMode !== "memory",
    spans,
    keepalive: {
      scope: config.keepaliveScope,
      method: config.keepaliveMethod,
      from: config.keepaliveFrom,
      domain: config.keepaliveDomain ?? config.sipDomains[0] ?? NAMELESS_DOMAIN,
      intervalMs: config.keepaliveIntervalMs,
      jitterRatio: config.keepaliveJitterRatio,
      probeTimeoutMs: config.keepaliveProbeTimeoutMs,
      unreachableAfter: config.keepaliveUnreachableAfter,
    },
  };
}

/** Objectives for the alerts. */
export function sloSettingsOf(config: Config): SloSettings {
  return { reachability: config.sloReachability, rtt: config.sloRtt };
}

/**
 * The operator's settings as the engine wants them.
 *
 * @module
 */
import type { Config } from "./config/schema.ts";
import type { EngineSettings } from "./engine-port/port.ts";

/** Host of probes for AoRs without a domain, when none is configured. */
const NAMELESS_DOMAIN = "sipulse.invalid";

/** The engine's part of the configuration. */
export function engineSettingsOf(config: Config): EngineSettings {
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

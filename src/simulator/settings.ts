/**
 * What a population can be told, and the values of what it is not told.
 *
 * @module
 */
import { printable } from "../base/log.ts";
import { parseUri } from "../sip/syntax/uri.ts";
import { demoProfile } from "./demo-profile.ts";
import { PHONES_MAX } from "./line.ts";
import { checkProfile, type PopulationProfile } from "./profiles.ts";

/** Plain data: can be handed to a thread. */
export interface PopulationSettings {
  /** The registrar; a name or a numeric address. */
  readonly target: { readonly host: string; readonly port: number };
  /** `"mixed"` leaves it to the groups of the profile; `"udp"` unless given. */
  readonly transport?: "udp" | "tcp" | "mixed";
  /** 1 .. 10,000,000; phone 42 is the user `sim0000042`. */
  readonly phones: number;
  /** Domain of every AoR. */
  readonly domain: string;
  /** The demo mix unless given. */
  readonly profile?: PopulationProfile;
  /** Lifetime to ask for, in seconds; 300 unless given. */
  readonly expiresS?: number;
  /** Fixes who behaves how, and the fate of the nth probe of each phone; 1 unless given. */
  readonly seed?: number;
  /** First registrations per second; unless given all within about two seconds, at most 500/s. */
  readonly ratePerS?: number;
  /** Whether `close` removes the bindings, best effort; `false` unless given. */
  readonly unregisterOnClose?: boolean;
}

/** Settings with every value in its place. */
export type CompleteSettings = Required<PopulationSettings>;

const DEFAULT_EXPIRES_S = 300;
/** Registering takes about this long, so that a demo is there at once ... */
const REGISTER_WITHIN_S = 2;
/** ... but a registrar is not flooded unless asked for. */
const DEFAULT_RATE_PER_S_MAX = 500;

/**
 * Fills in what was not given.
 *
 * @throws {RangeError} naming the setting that is out of range, its value, and what would be accepted
 */
export function completeSettings(given: PopulationSettings): CompleteSettings {
  const settings: CompleteSettings = {
    target: given.target,
    transport: given.transport ?? "udp",
    phones: given.phones,
    domain: given.domain,
    profile: given.profile ?? demoProfile,
    expiresS: given.expiresS ?? DEFAULT_EXPIRES_S,
    seed: given.seed ?? 1,
    ratePerS: given.ratePerS ?? Math.min(DEFAULT_RATE_PER_S_MAX, given.phones / REGISTER_WITHIN_S),
    unregisterOnClose: given.unregisterOnClose ?? false,
  };
  checkSettings(settings);
  checkProfile(settings.profile);
  return settings;
}

function checkSettings({ phones, domain, expiresS, ratePerS, target }: CompleteSettings): void {
  const refuse = (field: string, value: string | number, accepted: string): never => {
    throw new RangeError(`${field} must be ${accepted}, got ${value}`);
  };
  const isWithin = (value: number, min: number, max: number) => Number.isInteger(value) && value >= min && value <= max;
  if (!isWithin(phones, 1, PHONES_MAX)) refuse("phones", phones, `1 to ${PHONES_MAX}`);
  if (!isHost(domain)) refuse("domain", printable(domain), "a host name or address, IPv6 in brackets");
  if (!isWithin(expiresS, 1, 2 ** 32 - 1)) refuse("expiresS", expiresS, "whole seconds, 1 to 2^32-1");
  if (!(ratePerS > 0)) refuse("ratePerS", ratePerS, "above 0");
  if (!isWithin(target.port, 1, 65_535)) refuse("target.port", target.port, "1 to 65535");
}

/** Whether the domain can stand in a Request-URI. */
function isHost(domain: string): boolean {
  try {
    return parseUri(`sip:${domain}`).host === domain.toLowerCase();
  } catch {
    return false;
  }
}

/**
 * Service level objectives as an operator writes them: `*:0.999`, `example.org:0.95:150ms`.
 *
 * One text per objective, so that file, flag and environment say the same. A threshold is a bound of the histogram,
 * because the share of answers below any other value would be a guess.
 *
 * @module
 */
import { RTT_BUCKETS_S } from "../base/buckets.ts";
import { sToMs } from "../base/units.ts";
import { sipHost } from "./addresses.ts";
import { type Decoded, type Kind, kind, parseDurationMs, printDuration } from "./kinds.ts";

/** The share of contacts that should answer. */
export interface ReachabilityObjective {
  /** `null` = every domain without its own. */
  readonly domain: string | null;
  /** 0 < x < 1. */
  readonly objectiveRatio: number;
}

/** The share of answers that should arrive within a threshold. */
export interface RttObjective extends ReachabilityObjective {
  /** A bound of `sip_keepalive_rtt_seconds`. */
  readonly thresholdMs: number;
}

/** What stands for every domain without its own. */
const EVERY_DOMAIN = "*";

/** Six digits: one failure in a million. More cannot be told from 1 within the life of an alert. */
const OBJECTIVE = /^0?\.\d{1,6}$/;

/** Rounded: 0.075 s is not exactly 75 ms in floating point. */
const THRESHOLDS_MS = RTT_BUCKETS_S.map((bound) => Math.round(sToMs(bound)));

/** `DOMAIN:OBJECTIVE`. */
export const reachabilityObjective: Kind<ReachabilityObjective> = kind<ReachabilityObjective>("`DOMAIN:OBJECTIVE`", {
  decode: (text) => {
    const [domain, objective] = splitFromRight(text, 2);
    return decodeObjective(domain, objective, "*:0.999 or example.org:0.99");
  },
  encode: printObjective,
});

/** `DOMAIN:OBJECTIVE:THRESHOLD`. */
export const rttObjective: Kind<RttObjective> = kind<RttObjective>("`DOMAIN:OBJECTIVE:THRESHOLD`", {
  decode: (text) => {
    const example = "*:0.99:300ms or example.org:0.95:150ms";
    const [domain, objective, threshold] = splitFromRight(text, 3);
    const decoded = decodeObjective(domain, objective, example);
    if ("mustBe" in decoded) return decoded;
    const thresholdMs = parseDurationMs(threshold ?? "");
    if (thresholdMs === null) return { mustBe: `objectives such as ${example}` };
    if (THRESHOLDS_MS.includes(thresholdMs)) return { value: { ...decoded.value, thresholdMs } };
    return { mustBe: `objectives whose threshold is a bucket bound, here ${nearestBounds(thresholdMs)}` };
  },
  encode: (value) => `${printObjective(value)}:${printDuration(value.thresholdMs)}`,
});

/** Splits at the last colons, because the domain may be an IPv6 address in brackets. */
function splitFromRight(text: string, parts: 2 | 3): readonly (string | undefined)[] {
  const words = text.split(":");
  const tail = words.splice(Math.max(0, words.length - parts + 1));
  return [words.join(":"), ...tail];
}

function decodeObjective(
  domain: string | undefined,
  objective: string | undefined,
  example: string,
): Decoded<ReachabilityObjective> {
  const host = domain === EVERY_DOMAIN ? null : sipHost.schema.safeParse(domain ?? "");
  if (host?.success === false || !/^[\d.]+$/.test(objective ?? "")) return { mustBe: `objectives such as ${example}` };
  const objectiveRatio = OBJECTIVE.test(objective ?? "") ? Number(objective) : 0;
  if (objectiveRatio === 0)
    return { mustBe: "objectives above 0 and below 1 with at most six decimals, such as 0.999" };
  return { value: { domain: host === null ? null : host.data, objectiveRatio } };
}

/** Six decimals without trailing zeros: `String` would print 0.0000005 with an exponent. */
function printObjective({ domain, objectiveRatio }: ReachabilityObjective): string {
  return `${domain ?? EVERY_DOMAIN}:${objectiveRatio.toFixed(6).replace(/0+$/, "")}`;
}

/** `200ms or 300ms`; at either end the only neighbour. */
function nearestBounds(thresholdMs: number): string {
  const below = THRESHOLDS_MS.findLast((bound) => bound < thresholdMs);
  const above = THRESHOLDS_MS.find((bound) => bound > thresholdMs);
  return [below, above]
    .filter((bound) => bound !== undefined)
    .map(printDuration)
    .join(" or ");
}

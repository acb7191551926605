/**
 * Which encoding a request gets, and whether compressed.
 *
 *      Accept          --negotiate()--> text 0.0.4 | OpenMetrics 1.0 | protobuf, and its Content-Type
 *      Accept-Encoding --acceptsGzip()
 *
 * Nobody is refused: who asks for something else gets text 0.0.4, as from every other exporter.
 *
 * @module
 */
import { type Preference, parsePreferences } from "./preferences.ts";

/** How families become octets. */
export type Encoding = "text" | "openmetrics" | "protobuf";

/** What was agreed on. */
export interface Negotiated {
  readonly encoding: Encoding;
  readonly contentType: string;
}

/** In the order of our own preference, which decides between equals. */
const OFFERS: readonly Offer[] = [
  {
    encoding: "text",
    type: "text/plain",
    contentType: "text/plain; version=0.0.4; charset=utf-8",
    requires: { version: ["0.0.4"] },
  },
  {
    encoding: "openmetrics",
    type: "application/openmetrics-text",
    contentType: "application/openmetrics-text; version=1.0.0; charset=utf-8",
    requires: { version: ["1.0.0"] },
  },
  {
    encoding: "protobuf",
    type: "application/vnd.google.protobuf",
    contentType: "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited",
    requires: { proto: ["io.prometheus.client.MetricFamily"], encoding: ["delimited"] },
    // Protobuf of which message, and how framed? Without these it is not ours.
    isExplicit: true,
  },
];

interface Offer extends Negotiated {
  readonly type: string;
  /** A parameter that is given must have one of these values. */
  readonly requires: Readonly<Record<string, readonly string[]>>;
  /** Whether each of `requires` must be given. */
  readonly isExplicit?: boolean;
}

/** How exactly a range names a type: any, `text/*`, `text/plain`. */
const SPECIFICITY = { anything: 0, family: 1, type: 2 } as const;

interface Match {
  readonly offer: Offer;
  readonly preference: Preference;
  readonly specificity: number;
}

/** @param accept the header, or `undefined` without one */
export function negotiate(accept: string | undefined): Negotiated {
  const preferences = parsePreferences(accept ?? "");
  let best: Match | null = null;
  for (const offer of OFFERS) {
    const match = matchOf(offer, preferences);
    if (match !== null && match.preference.q > 0 && (best === null || isBetter(match, best, preferences))) best = match;
  }
  const { encoding, contentType } = best?.offer ?? (OFFERS[0] as Offer);
  return { encoding, contentType: contentType + escapingOf(best?.preference) };
}

/** The range that speaks for an offer: the most specific one, of those the one with the highest weight. */
function matchOf(offer: Offer, preferences: readonly Preference[]): Match | null {
  const matches = preferences.flatMap((preference) => {
    const specificity = specificityOf(preference, offer);
    return specificity === null ? [] : [{ offer, preference, specificity }];
  });
  const closest = Math.max(...matches.map(({ specificity }) => specificity));
  const heaviest = Math.max(...matches.filter((one) => one.specificity === closest).map((one) => one.preference.q));
  return matches.find((one) => one.specificity === closest && one.preference.q === heaviest) ?? null;
}

/** `null` when the range does not cover the offer. */
function specificityOf({ value, parameters }: Preference, offer: Offer): number | null {
  if (value === "*/*" || value === "*") return SPECIFICITY.anything;
  if (value === `${offer.type.split("/")[0]}/*`) return SPECIFICITY.family;
  if (value !== offer.type) return null;
  for (const [name, values] of Object.entries(offer.requires)) {
    const given = parameters.get(name);
    if (given === undefined ? offer.isExplicit : !values.includes(given)) return null;
  }
  return SPECIFICITY.type;
}

/** Weight, then how exactly it was named, then who was named first. */
function isBetter(one: Match, other: Match, preferences: readonly Preference[]): boolean {
  if (one.preference.q !== other.preference.q) return one.preference.q > other.preference.q;
  if (one.specificity !== other.specificity) return one.specificity > other.specificity;
  return preferences.indexOf(one.preference) < preferences.indexOf(other.preference);
}

/** Schemes under which our names, made of letters, digits and underscores, stay as they are. */
const HARMLESS_ESCAPINGS: readonly string[] = ["allow-utf-8", "underscores", "values"];

/** Prometheus 3 asks how names would be escaped; it is told when it asked, and `underscores` for what we do not do. */
function escapingOf(preference: Preference | undefined): string {
  const asked = preference?.parameters.get("escaping");
  if (asked === undefined) return "";
  return `; escaping=${HARMLESS_ESCAPINGS.includes(asked) ? asked : "underscores"}`;
}

/** @param acceptEncoding the header, or `undefined` without one */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  const preferences = parsePreferences(acceptEncoding ?? "");
  const weightOf = (name: string) => preferences.find(({ value }) => value === name)?.q;
  const gzip = weightOf("gzip") ?? weightOf("x-gzip") ?? weightOf("*") ?? 0;
  // What is not listed may be sent all the same, but is not what was asked for.
  return gzip > 0 && gzip >= (weightOf("identity") ?? 0);
}

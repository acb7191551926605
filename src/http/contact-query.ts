/**
 * The query of `GET /api/v1/contacts`: which contacts, in which order, how many, and where the last answer ended.
 *
 * @module
 */
import { CONTACT_STATES, type ContactState, type ContactView } from "../location/contact-view.ts";
import { HttpProblem } from "./problem.ts";

const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 1_000;
/** Longest filter text or cursor, in characters. */
const PARAMETER_CHARACTERS_MAX = 300;
const PARAMETERS = new Set(["limit", "cursor", "sort", "state", "domain", "q"]);

/** Sort keys and the number they compare; `null` sorts last in both directions. */
const SORT_KEYS = {
  roundTripMs: (contact: ContactView) => contact.roundTripMs,
  smoothedRoundTripMs: (contact: ContactView) => contact.smoothedRoundTripMs,
  jitterMs: (contact: ContactView) => contact.jitterMs,
  lossRatio: (contact: ContactView) => contact.lossRatio,
  missesInARow: (contact: ContactView) => contact.missesInARow,
  lastAnsweredWallMs: (contact: ContactView) => contact.lastAnsweredWallMs,
  expiresInS: (contact: ContactView) => contact.expiresInS,
} as const;
type SortKey = keyof typeof SORT_KEYS;

/** Where an answer ended: the engine's page, and the last contact of it that was given out. */
export interface ContactCursor {
  readonly page: number;
  /** `null` = the whole page is still to come. */
  readonly afterRuid: string | null;
}

/** A query that was understood. */
export interface ContactQuery {
  readonly limit: number;
  readonly cursor: ContactCursor;
  /** `null` = as stored. */
  readonly sort: { readonly key: SortKey; readonly isDescending: boolean } | null;
  readonly state: ContactState | null;
  /** Lower case. */
  readonly domain: string | null;
  /** Lower case; found anywhere in AoR, address, user agent, flow or ruid. */
  readonly q: string | null;
}

/** @throws {HttpProblem} 400 that names the parameter and what it takes */
export function readContactQuery(query: Readonly<Record<string, unknown>>): ContactQuery {
  for (const name of Object.keys(query)) {
    if (!PARAMETERS.has(name)) throw badParameter(name, `not one of ${[...PARAMETERS].join(", ")}`);
  }
  const sort = readSort(text(query, "sort"));
  const cursor = text(query, "cursor");
  if (sort !== null && cursor !== null) throw badParameter("cursor", "a sorted answer has no next page");
  return {
    limit: readLimit(text(query, "limit")),
    cursor: cursor === null ? { page: 0, afterRuid: null } : readCursor(cursor),
    sort,
    state: readState(text(query, "state")),
    domain: text(query, "domain")?.toLowerCase() ?? null,
    q: text(query, "q")?.toLowerCase() ?? null,
  };
}

/** Opaque to the client. */
export function writeCursor(cursor: ContactCursor): string {
  return Buffer.from(JSON.stringify([cursor.page, cursor.afterRuid])).toString("base64url");
}

/** Negative when `a` comes first. */
export function compareBy(sort: NonNullable<ContactQuery["sort"]>): (a: ContactView, b: ContactView) => number {
  const numberOf = SORT_KEYS[sort.key];
  const sign = sort.isDescending ? -1 : 1;
  return (a, b) => {
    const [left, right] = [numberOf(a), numberOf(b)];
    if (left === null || right === null) return Number(left === null) - Number(right === null);
    return sign * (left - right);
  };
}

/** @param contact with its text already decoded */
export function matches(contact: ContactView, query: ContactQuery): boolean {
  if (query.state !== null && contact.state !== query.state) return false;
  if (query.domain !== null && domainOf(contact.aor) !== query.domain) return false;
  if (query.q === null) return true;
  const { aor, address, userAgent, flow, ruid } = contact;
  const needle = query.q;
  return [aor, address, userAgent ?? "", flow, ruid].some((field) => field.toLowerCase().includes(needle));
}

/** Empty for an AoR without domain. */
function domainOf(aor: string): string {
  const at = aor.lastIndexOf("@");
  return at < 0 ? "" : aor.slice(at + 1).toLowerCase();
}

function text(query: Readonly<Record<string, unknown>>, name: string): string | null {
  const value = query[name];
  if (value === undefined || value === "") return null;
  if (typeof value !== "string") throw badParameter(name, "given more than once");
  if (value.length > PARAMETER_CHARACTERS_MAX)
    throw badParameter(name, `longer than ${PARAMETER_CHARACTERS_MAX} characters`);
  return value;
}

function readLimit(value: string | null): number {
  const limit = value === null ? LIMIT_DEFAULT : /^\d{1,6}$/.test(value) ? Number(value) : Number.NaN;
  if (limit >= 1 && limit <= LIMIT_MAX) return limit;
  throw badParameter("limit", `a whole number from 1 to ${LIMIT_MAX}`);
}

function readState(value: string | null): ContactState | null {
  const state = CONTACT_STATES.find((known) => known === value);
  if (value === null || state !== undefined) return state ?? null;
  throw badParameter("state", `one of ${CONTACT_STATES.join(", ")}`);
}

function readSort(value: string | null): ContactQuery["sort"] {
  if (value === null) return null;
  const isDescending = value.startsWith("-");
  const key = isDescending ? value.slice(1) : value;
  if (Object.hasOwn(SORT_KEYS, key)) return { key: key as SortKey, isDescending };
  throw badParameter("sort", `one of ${Object.keys(SORT_KEYS).join(", ")}, with - in front for descending`);
}

function readCursor(value: string): ContactCursor {
  try {
    const [page, afterRuid] = JSON.parse(Buffer.from(value, "base64url").toString()) as [unknown, unknown];
    if (typeof page === "number" && Number.isSafeInteger(page) && page >= 0) {
      if (afterRuid === null || typeof afterRuid === "string") return { page, afterRuid };
    }
  } catch {
    // Falls through to the same refusal: how a cursor is broken is nobody's business.
  }
  throw badParameter("cursor", "the nextCursor of an earlier answer");
}

function badParameter(name: string, accepted: string): HttpProblem {
  return new HttpProblem(400, "Bad Request", {
    detail: `Query parameter ${JSON.stringify(name.slice(0, 40))}: ${accepted}`,
  });
}

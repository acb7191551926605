/**
 * The list of contacts for people and scripts, read from the engine page by page.
 *
 * Every answer costs a bounded number of pages: a filter that finds little ends early and hands out a cursor, a sorted
 * answer looks at the first contacts only and says so. The engine has phones to ping.
 *
 * @module
 */
import type { DumpPage, EnginePort } from "../engine-port/port.ts";
import type { ContactView } from "../location/contact-view.ts";
import { fromWire } from "../rpc/wire-text.ts";
import { type ContactQuery, compareBy, matches, writeCursor } from "./contact-query.ts";

/** Contacts per page; a cursor stays valid only while this is the same. */
const PAGE_CONTACTS = 150;
/** Contacts one request may look at. */
const SCANNED_MAX = 10_000;

/** One answer. */
export interface ContactList {
  readonly contacts: readonly ContactView[];
  /** Hand it back for the rest; `null` when there is none, and for a sorted answer. */
  readonly nextCursor: string | null;
  /** Contacts looked at. */
  readonly scanned: number;
  /** Whether every contact was looked at (from the cursor on); when not, a sorted answer covers only the first ones. */
  readonly isComplete: boolean;
}

/** What one scan has found so far. */
interface Scan {
  readonly found: ContactView[];
  nextCursor: string | null;
  scanned: number;
}

/** Answers a query. Rejects when the engine is gone. */
export async function listContacts(engine: Pick<EnginePort, "dumpPage">, query: ContactQuery): Promise<ContactList> {
  const scan: Scan = { found: [], nextCursor: null, scanned: 0 };
  const wanted = query.sort === null ? query.limit : SCANNED_MAX;
  let cursor: number | null = query.cursor.page;
  let afterRuid = query.cursor.afterRuid;
  while (cursor !== null) {
    const page: DumpPage = await engine.dumpPage(cursor, PAGE_CONTACTS);
    const rest = contactsAfter(page.contacts, afterRuid);
    const stoppedAt = takeMatches(scan, rest, { query, wanted });
    if (stoppedAt !== null && (stoppedAt !== rest.at(-1)?.ruid || page.nextCursor !== null)) {
      scan.nextCursor = writeCursor({ page: cursor, afterRuid: stoppedAt });
      break;
    }
    cursor = page.nextCursor;
    afterRuid = null;
    if (cursor !== null && scan.scanned >= SCANNED_MAX) {
      scan.nextCursor = writeCursor({ page: cursor, afterRuid: null });
      break;
    }
  }
  const isComplete = scan.nextCursor === null;
  const { found, scanned } = scan;
  if (query.sort === null) return { contacts: found, nextCursor: scan.nextCursor, scanned, isComplete };
  return { contacts: found.sort(compareBy(query.sort)).slice(0, query.limit), nextCursor: null, scanned, isComplete };
}

/** The same contact with Unicode text, wall times in whole milliseconds and durations to the microsecond. */
export function readable(view: ContactView): ContactView {
  const orNull = (text: string | null): string | null => (text === null ? null : fromWire(text));
  const wholeMs = (ms: number | null): number | null => (ms === null ? null : Math.round(ms));
  const microseconds = (ms: number | null): number | null => (ms === null ? null : Number(ms.toFixed(3)));
  return {
    ...view,
    aor: fromWire(view.aor),
    address: fromWire(view.address),
    callId: fromWire(view.callId),
    userAgent: orNull(view.userAgent),
    received: orNull(view.received),
    path: orNull(view.path),
    instance: orNull(view.instance),
    lastModifiedWallMs: Math.round(view.lastModifiedWallMs),
    lastSentWallMs: wholeMs(view.lastSentWallMs),
    lastAnsweredWallMs: wholeMs(view.lastAnsweredWallMs),
    roundTripMs: microseconds(view.roundTripMs),
    smoothedRoundTripMs: microseconds(view.smoothedRoundTripMs),
    jitterMs: microseconds(view.jitterMs),
  };
}

/** A contact that left in the meantime cannot be found: the page starts over, so none is missed. */
function contactsAfter(contacts: readonly ContactView[], ruid: string | null): readonly ContactView[] {
  return ruid === null ? contacts : contacts.slice(contacts.findIndex((contact) => contact.ruid === ruid) + 1);
}

/** Adds what matches. @returns the ruid it stopped at because enough was found; `null` when the page is used up */
function takeMatches(
  scan: Scan,
  contacts: readonly ContactView[],
  until: { query: ContactQuery; wanted: number },
): string | null {
  for (const view of contacts) {
    scan.scanned += 1;
    const contact = readable(view);
    if (!matches(contact, until.query)) continue;
    scan.found.push(contact);
    if (scan.found.length >= until.wanted) return view.ruid;
  }
  return null;
}

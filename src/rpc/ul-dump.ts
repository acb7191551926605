/**
 * `ul.dump`: the whole table as one JSON value, written page by page.
 *
 *      dumpPage --40 contacts---> text --> reader takes it --> dumpPage ...
 *
 * One page is alive at a time: the next one is asked for only when the reader comes back for more, so a slow reader
 * slows the dump and a reader that left ends it. `Stats` come last because they are counted on the way.
 *
 * @module
 */
import type { DumpPage, EnginePort } from "../engine-port/port.ts";
import type { ContactView } from "../location/contact-view.ts";
import { contactShape, type Persistence } from "./contact-shape.ts";
import { hashId } from "./hash-id.ts";
import { fromWire } from "./wire-text.ts";

/** Contacts per page: a fifth of a millisecond of the time in which the engine hears no phone. */
const PAGE_CONTACTS = 40;
/** Slots of Kamailio's table with its default `hash_size` of 10; a power of two. */
export const TABLE_SLOTS = 1_024;

/** Where a dump reads from and how it prints. */
export interface DumpSource {
  readonly engine: Pick<EnginePort, "dumpPage">;
  readonly persistence: (ruid: string) => Persistence;
  /** AoRs only. */
  readonly isBrief: boolean;
}

/**
 * Starts a dump. Resolves when the first page is there, so that an engine that is gone is known before
 * the first octet of the answer.
 */
export async function startDump(source: DumpSource): Promise<AsyncIterable<string>> {
  const first = await source.engine.dumpPage(0, PAGE_CONTACTS);
  return dumpPieces(source, first);
}

async function* dumpPieces(source: DumpSource, first: DumpPage): AsyncGenerator<string> {
  const aorsPerSlot = new Uint32Array(TABLE_SLOTS);
  let records = 0;
  let page = first;
  let text = `{"Domains":[{"Domain":{"Domain":"location","Size":${TABLE_SLOTS},"AoRs":[`;
  for (;;) {
    for (const [aor, contacts] of contactsByAor(page.contacts)) {
      const hash = hashId(aor);
      aorsPerSlot[hash & (TABLE_SLOTS - 1)]! += 1;
      text += records++ === 0 ? "" : ",";
      text += source.isBrief ? briefRecord(aor) : fullRecord({ aor, hash, contacts }, source.persistence);
    }
    if (text !== "") yield text;
    if (page.nextCursor === null) break;
    text = "";
    page = await source.engine.dumpPage(page.nextCursor, PAGE_CONTACTS);
  }
  const slotMax = aorsPerSlot.reduce((max, aors) => Math.max(max, aors), 0);
  yield `],"Stats":{"Records":${records},"Max-Slots":${slotMax}}}}]}`;
}

/** Contacts of one page by AoR, in the order of their first contact. An AoR is never split over two pages. */
function contactsByAor(contacts: readonly ContactView[]): Map<string, ContactView[]> {
  const byAor = new Map<string, ContactView[]>();
  for (const contact of contacts) {
    const known = byAor.get(contact.aor);
    if (known === undefined) byAor.set(contact.aor, [contact]);
    else known.push(contact);
  }
  return byAor;
}

const briefRecord = (aor: string): string => JSON.stringify({ AoR: fromWire(aor) });

function fullRecord(
  record: { aor: string; hash: number; contacts: readonly ContactView[] },
  persistence: DumpSource["persistence"],
): string {
  const contacts = record.contacts.map((view) => ({ Contact: contactShape(view, persistence(view.ruid)) }));
  return JSON.stringify({ Info: { AoR: fromWire(record.aor), HashID: record.hash, Contacts: contacts } });
}

/**
 * Questions about the table, answered in the engine: small copies, never the whole table at once.
 *
 * @module
 */
import { type ViewParts, viewOf } from "../keepalive/view.ts";
import { NO_SLOT } from "../location/contact-table.ts";
import type { ContactView } from "../location/contact-view.ts";
import type { DumpPage } from "./port.ts";

/** Slots looked at for one page: a nearly empty table must not hold up the engine either. */
const SLOTS_PER_PAGE_MAX = 20_000;

/** Answers the questions of `EnginePort` about contacts. */
export class Queries {
  readonly #parts: ViewParts;
  readonly #domains: () => readonly string[];

  /** @param domains the domains to look for a bare user in */
  constructor(parts: ViewParts, domains: () => readonly string[] = () => []) {
    this.#parts = parts;
    this.#domains = domains;
  }

  /** See `EnginePort.dumpPage`. An AoR stands where its first contact stands. */
  dumpPage(cursor: number, limit: number): DumpPage {
    const { table } = this.#parts;
    const contacts: ContactView[] = [];
    const end = Math.min(table.slotsUsed, cursor + SLOTS_PER_PAGE_MAX);
    let slot = cursor;
    for (; slot < end && (contacts.length < limit || contacts.length === 0); slot++) {
      if (!table.has(slot)) continue;
      const { aor } = table.text(slot);
      if (table.firstOf(aor) !== slot) continue;
      for (const member of table.slotsOf(aor)) contacts.push(viewOf(member, this.#parts));
    }
    return { contacts, nextCursor: slot < table.slotsUsed ? slot : null, aors: table.aors };
  }

  /** See `EnginePort.lookup`. A bare user is looked for in every domain that has a label, and without a domain. */
  lookup(aor: string): ContactView[] {
    const { table } = this.#parts;
    const at = aor.lastIndexOf("@");
    const names = at === -1 ? [aor, ...this.#domains().map((domain) => `${aor}@${domain}`)] : [aor, aor.slice(0, at)];
    const slots = names.map((name) => table.slotsOf(name)).find((found) => found.length > 0) ?? [];
    return slots.map((slot) => viewOf(slot, this.#parts)).sort((a, b) => b.qThousandths - a.qThousandths);
  }

  /** See `EnginePort.contact`. */
  contact(ruid: string): ContactView | null {
    const slot = this.#parts.table.slotOf(ruid);
    return slot === NO_SLOT ? null : viewOf(slot, this.#parts);
  }
}

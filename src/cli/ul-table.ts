/**
 * Turns the answers of `ul.dump` and `ul.lookup` into a table for people.
 *
 * @module
 */
import { usToMs } from "../base/units.ts";
import { RpcError } from "./rpc-client.ts";
import { alignedTable, type Column } from "./table.ts";

/** An AoR as both commands give it. */
interface AorShape {
  readonly AoR: string;
  readonly Contacts: ReadonlyArray<{ readonly Contact: ContactShape }>;
}

/** The fields that are shown, named as Kamailio names them. */
interface ContactShape {
  readonly Address: string;
  /** Seconds left, or `expired`. */
  readonly Expires: number | string;
  readonly "User-Agent": string;
  readonly Received: string;
  readonly Socket: string;
  /** Whole microseconds; 0 when nothing was answered yet. */
  readonly "KA-Roundtrip": number;
}

interface DumpShape {
  readonly Domains: ReadonlyArray<{
    readonly Domain: { readonly AoRs: ReadonlyArray<{ readonly Info: AorShape }> };
  }>;
}

const COLUMNS: readonly Column[] = [
  { title: "AOR" },
  { title: "CONTACT" },
  { title: "EXPIRES", isRight: true },
  { title: "RTT", isRight: true },
  { title: "SOCKET" },
  { title: "RECEIVED" },
  { title: "USER-AGENT" },
];

/** Kamailio's literal for "no value". */
const NOT_SET = "[not set]";

/** Stands where there is nothing to show. */
const NONE = "-";

/** Table of a `ul.dump` result. */
export function dumpTable(result: unknown): string {
  return read(() => (result as DumpShape).Domains.flatMap(({ Domain }) => Domain.AoRs.map(({ Info }) => Info)));
}

/** Table of a `ul.lookup` result. */
export function lookupTable(result: unknown): string {
  return read(() => [result as AorShape]);
}

/** An answer of another shape is a message, not a stack. */
function read(aorsOf: () => readonly AorShape[]): string {
  try {
    const aors = aorsOf();
    const rows = aors.flatMap(({ AoR, Contacts }) => Contacts.map(({ Contact }) => rowOf(AoR, Contact)));
    return `${alignedTable(COLUMNS, rows)}${rows.length} contacts of ${aors.length} addresses-of-record\n`;
  } catch (error) {
    throw new RpcError("the answer does not have the shape of Kamailio's ul commands", { cause: error });
  }
}

function rowOf(aor: string, contact: ContactShape): string[] {
  return [
    aor,
    contact.Address,
    typeof contact.Expires === "number" ? `${contact.Expires}s` : contact.Expires,
    roundTrip(contact["KA-Roundtrip"]),
    orNone(contact.Socket),
    orNone(contact.Received),
    orNone(contact["User-Agent"]),
  ];
}

/** Kamailio's microseconds as milliseconds; 0 means that nothing was answered yet. */
function roundTrip(us: number): string {
  return us === 0 ? NONE : `${usToMs(us).toFixed(3)}ms`;
}

const orNone = (text: string): string => (text === NOT_SET || text === "n/a" ? NONE : text);

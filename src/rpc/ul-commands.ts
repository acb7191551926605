/**
 * The `ul.*` commands that exist, with Kamailio's parameters, results and fault texts.
 *
 * Only reading ones so far: `ul.dump` and `ul.lookup`. There is one table and it is called `location`.
 *
 * @module
 */
import type { EnginePort } from "../engine-port/port.ts";
import { contactShape, type Persistence } from "./contact-shape.ts";
import { fault, type RpcCommands, type RpcOutcome } from "./outcome.ts";
import { startDump } from "./ul-dump.ts";
import { fromWire, toWire } from "./wire-text.ts";

const TABLE = "location";

/** What the commands read. */
export interface UlSources {
  readonly engine: Pick<EnginePort, "dumpPage" | "lookup">;
  /** What storage knows of a binding; always `"new"` when locations are kept in memory. */
  readonly persistence: (ruid: string) => Persistence;
}

/** The commands, by name. */
export function ulCommands(sources: UlSources): RpcCommands {
  return new Map([
    ["ul.dump", (params) => dump(sources, params)],
    ["ul.lookup", (params) => lookup(sources, params)],
  ]);
}

/** `ul.dump [brief]`. Any other parameter is ignored, as Kamailio does. */
async function dump(sources: UlSources, params: readonly unknown[]): Promise<RpcOutcome> {
  const pieces = await startDump({ ...sources, isBrief: params[0] === "brief" });
  return { kind: "stream", pieces };
}

/** `ul.lookup table aor`. A parameter that is not a string counts as missing. */
async function lookup(sources: UlSources, params: readonly unknown[]): Promise<RpcOutcome> {
  const [table, aor] = params;
  if (typeof table !== "string" || typeof aor !== "string") {
    return fault(500, "Not enough parameters (table and AOR to lookup)");
  }
  if (table !== TABLE) return fault(500, "Domain table not found");
  const contacts = await sources.engine.lookup(toWire(aor));
  const stored = contacts[0];
  if (stored === undefined) return fault(500, "AOR not found in location table");
  const live = contacts.filter((contact) => contact.expiresInS > 0);
  if (live.length === 0) return fault(500, "AOR has no contacts");
  const shapes = live.map((contact) => ({ Contact: contactShape(contact, sources.persistence(contact.ruid)) }));
  return { kind: "result", value: { AoR: fromWire(stored.aor), Contacts: shapes } };
}

/**
 * The tables: Kamailio's `location` version 9, its `version`, and one of our own beside them.
 *
 * `location` has no room for the flow nor for milliseconds, and Kamailio must still find it as it left it; so both live
 * in `sipulse_binding`, one row per binding.
 *
 * @module
 */
import type { Generated } from "kysely";
import type { StoredText } from "./wire-text.ts";

/** Version of `location` in Kamailio 5.1 and later. */
export const LOCATION_VERSION = 9;
/** Version of `sipulse_binding`; a change of its columns is a new one. */
export const BINDING_VERSION = 1;

/** A row of `location`. Times are what the backend makes of Kamailio's `datetime`. */
export interface LocationTable {
  id: Generated<number>;
  ruid: StoredText;
  username: StoredText;
  /** NULL when the AoR has no `@`. */
  domain: StoredText | null;
  contact: StoredText;
  received: StoredText | null;
  path: StoredText | null;
  expires: number | string;
  /** 0..1; -1 = not given, as Kamailio writes it. */
  q: number;
  callid: StoredText;
  cseq: number;
  last_modified: number | string;
  flags: number;
  /** Branch flags of Kamailio's script. */
  cflags: number;
  /** '' = none. */
  user_agent: StoredText;
  socket: StoredText | null;
  /** NULL = all. */
  methods: number | null;
  instance: StoredText | null;
  reg_id: number;
  server_id: number;
  /** -1 for UDP. */
  connection_id: number;
  /** 1 = behind NAT. It does not say that anything was pinged. */
  keepalive: number;
  partition: Generated<number>;
}

/** A row of `sipulse_binding`: what `location` has no column for. */
export interface BindingTable {
  ruid: StoredText;
  flow: StoredText;
  last_modified_ms: number;
  expires_ms: number;
}

/** What Kysely knows about the database. */
export interface StoreTables {
  location: LocationTable;
  sipulse_binding: BindingTable;
}

/** Columns of `location`, in Kamailio's order. A table with other ones is not ours to write. */
export const LOCATION_COLUMNS: readonly (keyof LocationTable)[] = [
  ...(["id", "ruid", "username", "domain", "contact", "received", "path", "expires", "q", "callid", "cseq"] as const),
  ...(["last_modified", "flags", "cflags", "user_agent", "socket", "methods", "instance", "reg_id"] as const),
  ...(["server_id", "connection_id", "keepalive", "partition"] as const),
];

export const BINDING_COLUMNS: readonly (keyof BindingTable)[] = ["ruid", "flow", "last_modified_ms", "expires_ms"];

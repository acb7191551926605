/**
 * A binding as rows of the tables, and back.
 *
 * Nothing is lost on the way, with one exception: an empty User-Agent comes back as none, because `location` has no
 * NULL there.
 *
 * @module
 */
import type { BindingRow } from "../location/contact-view.ts";
import { fromStoredTime, toJulianDay } from "./julian-day.ts";
import type { BindingTable, LocationTable } from "./location-tables.ts";
import { guessFlow } from "./numeric-flow.ts";
import type { UnreadableReason } from "./store.ts";
import { fromStoredText, toStoredText } from "./wire-text.ts";

/** q = 1.0 in thousandths (RFC 3261 §25.1 allows three decimals). */
const Q_ONE = 1_000;
/** The value of `q` when the phone gave none. */
const Q_NOT_GIVEN = -1;
/** Every method: what Kamailio stores as NULL. */
const ALL_METHODS = 0xffff_ffff;
/** Branch flag 6, the NAT mark (`FLB_NATB`) of Kamailio's sample configuration. */
const NAT_BRANCH_FLAG = 1 << 6;

/** The columns of `location` that we write; `id` and `partition` keep what the database gives them. */
export type NewLocation = Omit<LocationTable, "id" | "partition">;

/** A row of `location` with what `sipulse_binding` knows of it; its columns are `null` for a foreign row. */
export type JoinedRow = { readonly [K in keyof NewLocation]: unknown } & {
  readonly id: number;
  readonly flow: unknown;
  readonly expires_ms: number | null;
  readonly last_modified_ms: number | null;
};

/** The keys come in the same order every time: statements are compiled once and filled by position. */
export function toLocation(row: BindingRow): NewLocation {
  const at = row.aor.indexOf("@");
  return {
    ruid: toStoredText(row.ruid),
    username: toStoredText(at === -1 ? row.aor : row.aor.slice(0, at)),
    domain: at === -1 ? null : toStoredText(row.aor.slice(at + 1)),
    contact: toStoredText(row.address),
    received: storedOrNull(row.received),
    path: storedOrNull(row.path),
    expires: toJulianDay(row.expiresAtWallMs),
    q: row.qThousandths < 0 ? Q_NOT_GIVEN : row.qThousandths / Q_ONE,
    callid: toStoredText(row.callId),
    cseq: row.cseq,
    last_modified: toJulianDay(row.lastModifiedWallMs),
    flags: 0,
    cflags: row.isNated ? NAT_BRANCH_FLAG : 0,
    user_agent: toStoredText(row.userAgent ?? ""),
    socket: toStoredText(row.socket),
    methods: row.methods === ALL_METHODS ? null : row.methods,
    instance: storedOrNull(row.instance),
    reg_id: row.regId,
    server_id: row.serverId,
    connection_id: row.connectionId,
    keepalive: row.isNated ? 1 : 0,
  };
}

/** Same order of keys every time, see `toLocation`. */
export function toBinding(row: BindingRow): BindingTable {
  return {
    ruid: toStoredText(row.ruid),
    flow: toStoredText(row.flow),
    last_modified_ms: row.lastModifiedWallMs,
    expires_ms: row.expiresAtWallMs,
  };
}

const storedOrNull = (text: string | null) => (text === null ? null : toStoredText(text));

/** Reads a row, whoever wrote it. */
export function fromJoined(row: JoinedRow): BindingRow | UnreadableReason {
  const ruid = fromStoredText(row.ruid) ?? "";
  const aor = aorOf(row);
  const address = fromStoredText(row.contact) ?? "";
  if (ruid === "") return "no_ruid";
  if (aor === "") return "no_aor";
  if (address === "") return "no_contact";
  const times = timesOf(row);
  if (typeof times === "string") return times;
  const q = row.q;
  const counts = [row.cseq, row.reg_id, row.server_id, row.connection_id, row.methods ?? ALL_METHODS];
  if (!Number.isFinite(q) || !counts.every(Number.isSafeInteger)) return "bad_number";
  const received = fromStoredText(row.received);
  const path = fromStoredText(row.path);
  // Beside times of somebody else our flow says where the phone was before.
  const flow = times.areOurs ? fromStoredText(row.flow) : guessFlow({ path, received, address });
  if (flow === null) return "unknown_flow";
  const [cseq, regId, serverId, connectionId, methods] = counts as [number, number, number, number, number];
  return {
    ...{ ruid, aor, address, received, path, flow, cseq, regId, serverId, connectionId },
    expiresAtWallMs: times.expiresAtWallMs,
    qThousandths: (q as number) < 0 ? Q_NOT_GIVEN : Math.round((q as number) * Q_ONE),
    callId: fromStoredText(row.callid) ?? "",
    lastModifiedWallMs: times.lastModifiedWallMs,
    isNated: row.keepalive !== 0 && row.keepalive !== null,
    userAgent: fromStoredText(row.user_agent) || null,
    socket: fromStoredText(row.socket) ?? "",
    // Kamailio writes its 32 bits as a signed number.
    methods: methods >>> 0,
    instance: fromStoredText(row.instance),
  };
}

function aorOf(row: JoinedRow): string {
  const username = fromStoredText(row.username) ?? "";
  const domain = fromStoredText(row.domain);
  return domain === null ? username : `${username}@${domain}`;
}

interface Times {
  readonly expiresAtWallMs: number;
  readonly lastModifiedWallMs: number;
  /** Whether we were the last to write the row. */
  readonly areOurs: boolean;
}

function timesOf(row: JoinedRow): Times | "bad_date" | "permanent" {
  const expiresMs = fromStoredTime(row.expires);
  const modifiedMs = fromStoredTime(row.last_modified);
  if (expiresMs === null || modifiedMs === null) return "bad_date";
  const { expires_ms, last_modified_ms } = row;
  if (isSameSecond(expires_ms, expiresMs) && isSameSecond(last_modified_ms, modifiedMs)) {
    return { expiresAtWallMs: expires_ms, lastModifiedWallMs: last_modified_ms, areOurs: true };
  }
  if (expiresMs === 0) return "permanent";
  return { expiresAtWallMs: expiresMs, lastModifiedWallMs: modifiedMs, areOurs: false };
}

/** Whether the exact time is still the one that the column of whole seconds shows. */
function isSameSecond(exactMs: number | null, wholeMs: number): exactMs is number {
  return exactMs !== null && fromStoredTime(toJulianDay(exactMs)) === wholeMs;
}

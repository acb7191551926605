/**
 * A contact as Kamailio's `ul.*` commands print it: names, order, units and literals of its RPC.
 *
 * The order of the keys is part of the shape: `kamcli` and home-grown scripts read it line by line.
 *
 * @module
 */
import { fromThousandths, msToUs, msToWholeS } from "../base/units.ts";
import type { ContactView } from "../location/contact-view.ts";
import { fromWire } from "./wire-text.ts";

/** What storage knows of a contact: never written, written, or changed since it was written. */
export type Persistence = "new" | "synced" | "dirty";

/** The literal for a string that has no value. */
const NOT_SET = "[not set]";
/** User agent of a REGISTER without the header. */
const NO_USER_AGENT = "n/a";
/** Internal flag "a keepalive was sent since the last registration" (Kamailio 5.8.3 and later). */
const FLAG_KEEPALIVE_SENT = 8;
const STATES = { new: "CS_NEW", synced: "CS_SYNC", dirty: "CS_DIRTY" } as const;

const orNotSet = (latin1: string | null): string => (latin1 === null || latin1 === "" ? NOT_SET : fromWire(latin1));

/** -1 = not given; else 0..1. */
const qOf = (thousandths: number): number => (thousandths < 0 ? -1 : fromThousandths(thousandths));

/**
 * The object below `Contact`. `KA-Roundtrip` is whole microseconds and 0 when nothing was answered yet. A registration
 * is a sign of life as well: it moves `Last-Keepalive` and clears the flag that a keepalive was sent since (Kamailio).
 */
export function contactShape(view: ContactView, persistence: Persistence): Readonly<Record<string, string | number>> {
  return {
    Address: fromWire(view.address),
    Expires: view.expiresInS > 0 ? view.expiresInS : "expired",
    Q: qOf(view.qThousandths),
    "Call-ID": fromWire(view.callId),
    CSeq: view.cseq,
    "User-Agent": view.userAgent === null ? NO_USER_AGENT : fromWire(view.userAgent),
    Received: orNotSet(view.received),
    Path: orNotSet(view.path),
    State: STATES[persistence],
    Flags: (view.lastSentWallMs ?? 0) > view.lastModifiedWallMs ? FLAG_KEEPALIVE_SENT : 0,
    CFlags: 0,
    Socket: orNotSet(view.socket),
    Methods: view.methods,
    Ruid: fromWire(view.ruid),
    Instance: orNotSet(view.instance),
    "Reg-Id": view.regId,
    "Server-Id": view.serverId,
    "Tcpconn-Id": view.connectionId,
    Keepalive: view.isNated ? 1 : 0,
    "Last-Keepalive": msToWholeS(Math.max(view.lastAnsweredWallMs ?? 0, view.lastModifiedWallMs)),
    "KA-Roundtrip": view.roundTripMs === null ? 0 : msToUs(view.roundTripMs),
    "Last-Modified": msToWholeS(view.lastModifiedWallMs),
  };
}

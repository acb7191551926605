/**
 * What a real Kamailio 5.6.3 answered, and the contacts it had when it did.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import type { TransportName } from "../../../src/base/net-names.ts";
import { sToMs } from "../../../src/base/units.ts";
import type { ContactView } from "../../../src/location/contact-view.ts";
import { aContactView } from "../../fakes/engine-port.ts";

type KamailioContact = Record<string, string | number>;

/** The captured answer, parsed; JSON.parse keeps the order of the keys. */
export function golden(name: string): {
  jsonrpc: string;
  result?: unknown;
  error?: { code: number; message: string };
  id: number;
} {
  return JSON.parse(readFileSync(new URL(`../../data/golden/${name}.json`, import.meta.url), "utf8"));
}

/** The contacts of a captured `ul.dump`, in its order. */
export function contactsOfDump(name: string): ContactView[] {
  const { Domains } = golden(name).result as {
    Domains: { Domain: { AoRs: { Info: { AoR: string; Contacts: { Contact: KamailioContact }[] } }[] } }[];
  };
  return Domains.flatMap(({ Domain }) =>
    Domain.AoRs.flatMap(({ Info }) => Info.Contacts.map(({ Contact }) => contactOf(Info.AoR, Contact))),
  );
}

/** The contacts of a captured `ul.lookup`. */
export function contactsOfLookup(name: string): ContactView[] {
  const result = golden(name).result as { AoR: string; Contacts: { Contact: KamailioContact }[] };
  return result.Contacts.map(({ Contact }) => contactOf(result.AoR, Contact));
}

function contactOf(aor: string, shape: KamailioContact): ContactView {
  const text = (key: string): string | null => (shape[key] === "[not set]" ? null : String(shape[key]));
  const socket = text("Socket") ?? "";
  return aContactView({
    aor,
    address: String(shape["Address"]),
    expiresInS: Number(shape["Expires"]),
    qThousandths: Number(shape["Q"]) < 0 ? -1 : sToMs(Number(shape["Q"])),
    callId: String(shape["Call-ID"]),
    cseq: Number(shape["CSeq"]),
    userAgent: String(shape["User-Agent"]),
    received: text("Received"),
    path: text("Path"),
    socket,
    transport: (socket.split(":")[0] || "udp") as TransportName,
    methods: Number(shape["Methods"]),
    ruid: String(shape["Ruid"]),
    instance: text("Instance"),
    regId: Number(shape["Reg-Id"]),
    serverId: Number(shape["Server-Id"]),
    connectionId: Number(shape["Tcpconn-Id"]),
    isNated: shape["Keepalive"] === 1,
    lastModifiedWallMs: sToMs(Number(shape["Last-Modified"])),
    lastAnsweredWallMs: sToMs(Number(shape["Last-Keepalive"])),
    roundTripMs: shape["KA-Roundtrip"] === 0 ? null : Number(shape["KA-Roundtrip"]) / 1_000,
  });
}

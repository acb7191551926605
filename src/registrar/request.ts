/**
 * What a REGISTER asks for, read out of the message and checked, before the table is looked at.
 *
 * @module
 */

import { isSupported } from "../sip/extensions.ts";
import { type NameAddr, parseContacts, parseNameAddr } from "../sip/syntax/address.ts";
import { parseDigits } from "../sip/syntax/chars.ts";
import { MessageParseError, quotedBack } from "../sip/syntax/errors.ts";
import type { SipRequest } from "../sip/syntax/message.ts";
import { canonicalAor, parseUri, type SipUri } from "../sip/syntax/uri.ts";
import { type CSeq, parseCSeq, parseDeltaSeconds, parseMethods, parseQ } from "../sip/syntax/values.ts";
import { parseVia, type Via } from "../sip/syntax/via.ts";

/** One Contact of the request. */
export interface RequestedContact {
  readonly address: string;
  readonly uri: SipUri;
  /** Contact parameter, else Expires header; `null` = nothing (readable) was asked for. */
  readonly expiresS: number | null;
  /** 0..1000; -1 = not given or unreadable. */
  readonly qThousandths: number;
  /** `+sip.instance` with its `<>`; `null` without one. */
  readonly instance: string | null;
  /** 0 without one, and without an instance (RFC 5626 §6). */
  readonly regId: number;
}

/** A REGISTER, read. */
export interface RegisterRequest {
  readonly aor: string;
  /** Host of To, lower-case; "" for a tel URI. */
  readonly domain: string;
  readonly callId: string;
  readonly cseq: CSeq;
  readonly via: Via;
  readonly contacts: readonly RequestedContact[] | "*";
  /** The Expires header; `null` without a readable one. */
  readonly expiresS: number | null;
  /** Path values, comma-joined; `null` without Path. */
  readonly path: string | null;
  readonly hasPathSupport: boolean;
  readonly userAgent: string | null;
  readonly methods: number;
}

/** Longest texts that a binding stores, in octets (the columns of Kamailio's `location` table). */
const ADDRESS_MAX = 512;
const PATH_MAX = 512;
const NAME_MAX = 255;

/** Schemes an address-of-record may have (RFC 3261 §10.3 step 5, RFC 3966). */
const AOR_SCHEMES: readonly string[] = ["sip", "sips", "tel"];
/** Largest `reg-id` (RFC 5626 §4.2). */
const REG_ID_MAX = 2 ** 31 - 1;

/**
 * Reads a REGISTER.
 *
 * @throws {MessageParseError} a header or URI is malformed, or longer than a binding can store (reason "header_limit")
 */
export function readRegister(request: SipRequest, useDomain: boolean): RegisterRequest {
  const { headers } = request;
  const to = readTo(headers.first("to") ?? "");
  const expiresS = deltaOrNull(headers.first("expires"));
  const contacts = parseContacts(headers);
  return {
    aor: atMost(NAME_MAX, "To", canonicalAor(to, useDomain)),
    domain: to.host,
    callId: atMost(NAME_MAX, "Call-ID", headers.first("call-id") ?? ""),
    cseq: parseCSeq(headers.first("cseq") ?? ""),
    via: parseVia(headers.list("via")[0] ?? ""),
    contacts: contacts === "*" ? contacts : contacts.map((contact) => readContact(contact, expiresS)),
    expiresS,
    path: readPath(headers.list("path")),
    hasPathSupport: isSupported(headers, "path"),
    userAgent: headers.first("user-agent")?.slice(0, NAME_MAX) ?? null,
    methods: parseMethods(headers.list("allow")),
  };
}

function readTo(value: string): SipUri {
  const to = parseUri(parseNameAddr(value, "to").uri);
  if (AOR_SCHEMES.includes(to.scheme)) return to;
  throw new MessageParseError("to", `The address-of-record must be sip, sips or tel, got ${quotedBack(to.scheme)}`);
}

/** A vector of loose routes (RFC 3327 §4): it becomes the Route set of the probes, octet for octet. */
function readPath(values: readonly string[]): string | null {
  if (values.length === 0) return null;
  for (const value of values) {
    if (!parseUri(parseNameAddr(value).uri).params.has("lr")) {
      throw new MessageParseError("uri", `A Path must name loose routers (;lr), got ${quotedBack(value)}`);
    }
  }
  return atMost(PATH_MAX, "Path", values.join(","));
}

function readContact(contact: NameAddr, headerExpiresS: number | null): RequestedContact {
  const { params } = contact;
  const instance = params.get("+sip.instance") ?? null;
  const q = params.get("q");
  const expires = params.get("expires");
  return {
    address: atMost(ADDRESS_MAX, "Contact", contact.uri),
    uri: parseUri(contact.uri),
    expiresS: expires === undefined ? headerExpiresS : deltaOrNull(expires),
    qThousandths: (q == null ? null : parseQ(q)) ?? -1,
    instance: instance === null ? null : atMost(NAME_MAX, "+sip.instance", instance),
    regId: (instance === null ? null : parseDigits(params.get("reg-id") ?? "", REG_ID_MAX)) ?? 0,
  };
}

function deltaOrNull(value: string | null): number | null {
  return value === null ? null : parseDeltaSeconds(value);
}

function atMost(octetsMax: number, what: string, text: string): string {
  if (text.length <= octetsMax) return text;
  const message = `${what} must not be longer than ${octetsMax} octets, got ${text.length}`;
  throw new MessageParseError("header_limit", message);
}

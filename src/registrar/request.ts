/**
 * What a REGISTER asks for, read out of the message and checked, before the table is looked at.
 *
 * @module
 */
import { type NameAddr, parseContacts, parseNameAddr } from "../sip/syntax/address.ts";
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
  /** 0 without one. */
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

/** Something in the request is longer than a binding can store. */
export class TooLongError extends RangeError {
  override readonly name = "TooLongError";
  readonly code = "REGISTER_TOO_LONG";
}

/**
 * Reads a REGISTER.
 *
 * @throws {MessageParseError} a header or URI is malformed
 * @throws {TooLongError} a text is longer than a binding can store
 */
export function readRegister(request: SipRequest, useDomain: boolean): RegisterRequest {
  const { headers } = request;
  const to = parseUri(parseNameAddr(headers.first("to") ?? "", "to").uri);
  const expiresS = deltaOrNull(headers.first("expires"));
  const contacts = parseContacts(headers);
  const path = headers.list("path");
  return {
    aor: atMost(NAME_MAX, "To", canonicalAor(to, useDomain)),
    domain: to.host,
    callId: atMost(NAME_MAX, "Call-ID", headers.first("call-id") ?? ""),
    cseq: parseCSeq(headers.first("cseq") ?? ""),
    via: parseVia(headers.list("via")[0] ?? ""),
    contacts: contacts === "*" ? contacts : contacts.map((contact) => readContact(contact, expiresS)),
    expiresS,
    path: path.length === 0 ? null : atMost(PATH_MAX, "Path", path.join(",")),
    hasPathSupport: path.length > 0 && headers.list("supported").includes("path"),
    userAgent: headers.first("user-agent")?.slice(0, NAME_MAX) ?? null,
    methods: parseMethods(headers.list("allow")),
  };
}

function readContact(contact: NameAddr, headerExpiresS: number | null): RequestedContact {
  const { params } = contact;
  const instance = params.get("+sip.instance") ?? null;
  const regId = Number(params.get("reg-id") ?? 0);
  const q = params.get("q");
  const expires = params.get("expires");
  return {
    address: atMost(ADDRESS_MAX, "Contact", contact.uri),
    uri: parseUri(contact.uri),
    expiresS: expires === undefined ? headerExpiresS : deltaOrNull(expires),
    qThousandths: (q == null ? null : parseQ(q)) ?? -1,
    instance: instance === null ? null : atMost(NAME_MAX, "+sip.instance", instance),
    regId: Number.isInteger(regId) && regId > 0 && regId < 2 ** 31 ? regId : 0,
  };
}

function deltaOrNull(value: string | null): number | null {
  return value === null ? null : parseDeltaSeconds(value);
}

function atMost(octetsMax: number, what: string, text: string): string {
  if (text.length <= octetsMax) return text;
  throw new TooLongError(`${what} must not be longer than ${octetsMax} octets, got ${text.length}`);
}

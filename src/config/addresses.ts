/**
 * Kinds of values that name places on the network, and the few SIP words an operator may choose.
 *
 * Nothing is resolved here: a name stays a name. What these kinds let through is safe to write into a SIP header.
 *
 * @module
 */
import { isIP } from "node:net";
import { hostPort, type ListenAddress } from "../base/net-names.ts";
import { type Decoded, type Kind, kind } from "./kinds.ts";

/** Where HTTP listens. */
export interface HttpAddress {
  /** Numeric address without brackets, or a name such as `localhost`. */
  readonly host: string;
  /** 0 .. 65535; 0 lets the system choose. */
  readonly port: number;
}

/** Where locations are stored. */
export interface LocationUrl {
  readonly kind: "sqlite";
  /** As given: relative to the working directory; `:memory:` for a store that is gone when the process is. */
  readonly path: string;
}

const PORT_MAX = 65_535;

/** A DNS name of 1 to 253 characters, labels of 1 to 63 (RFC 1123 §2.1); underscores occur in cluster names. */
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?)*\.?$/i;

/** `host:port` split, brackets removed; `null` when it is not that. */
function splitHostPort(text: string): HttpAddress | null {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  if (match === null) return null;
  const host = match[1] ?? match[2] ?? "";
  const port = Number(match[3]);
  const isHost = match[1] === undefined ? isIP(host) === 4 || isName(host) : isIP(host) === 6;
  return isHost && port <= PORT_MAX ? { host, port } : null;
}

/** All digits and dots is a mistyped address, not a name. */
function isName(text: string): boolean {
  return HOST_NAME.test(text) && !/^[\d.]+$/.test(text);
}

/** `127.0.0.1:9465`, `[::1]:9465`, `localhost:9465`. */
export const httpAddress: Kind<HttpAddress> = kind<HttpAddress>("`HOST:PORT`", {
  decode: (text) => {
    const value = splitHostPort(text);
    return value === null ? { mustBe: "an address such as 127.0.0.1:9464 or [::1]:9464" } : { value };
  },
  encode: ({ host, port }) => hostPort(host, port),
});

/** `udp:0.0.0.0:5060`, `tcp:[::]:5060/advertise=sip.example.org:5060`. */
export const listenAddress: Kind<ListenAddress> = kind<ListenAddress>(
  "`udp:ADDRESS:PORT` or `tcp:ADDRESS:PORT`, each with an optional `/advertise=HOST:PORT`",
  {
    decode: decodeListenAddress,
    encode: ({ transport, host, port, advertise }) =>
      `${transport}:${hostPort(host, port)}${advertise === null ? "" : `/advertise=${advertise}`}`,
  },
);

function decodeListenAddress(text: string): Decoded<ListenAddress> {
  const mustBe = "listen addresses such as udp:0.0.0.0:5060, tcp:[::]:5060 or udp:10.0.0.1:5060/advertise=HOST:PORT";
  const match = /^(udp|tcp):([^/]+)(?:\/advertise=(.+))?$/.exec(text);
  const bound = splitHostPort(match?.[2] ?? "");
  if (match === null || bound === null || isIP(bound.host) === 0) return { mustBe };
  const advertise = match[3] ?? null;
  if (advertise !== null && splitHostPort(advertise) === null) return { mustBe };
  return { value: { transport: match[1] === "udp" ? "udp" : "tcp", host: bound.host, port: bound.port, advertise } };
}

/** A domain or address as it stands in a SIP URI, in lower case; IPv6 in brackets. */
export const sipHost: Kind<string> = kind<string>("host name or address", {
  decode: (text) => {
    const isBracketed = text.startsWith("[") && text.endsWith("]") && isIP(text.slice(1, -1)) === 6;
    if (isBracketed || isIP(text) === 4 || isName(text)) return { value: text.toLowerCase() };
    return { mustBe: "a host name or address such as example.org, 192.0.2.1 or [2001:db8::1]" };
  },
  encode: (host) => host,
});

/** A SIP URI that may stand between `<` and `>`: no space, quote, bracket or control character (RFC 3261 §19.1.1). */
export const sipUri: Kind<string> = kind<string>("SIP URI", {
  decode: (text) =>
    /^sips?:[^\s"<>\\^`{|}\p{Cc}]{1,250}$/iu.test(text)
      ? { value: text }
      : { mustBe: "a SIP URI such as sip:keepalive@example.org" },
  encode: (uri) => uri,
});

/** A method that may ask a phone for a sign of life: any token but those that would start, end or move something. */
export const probeMethod: Kind<string> = kind<string>("SIP method that starts nothing, such as `OPTIONS` or `INFO`", {
  decode: (text) => {
    const isToken = /^[\w.!%*+`'~-]{1,32}$/.test(text); // RFC 3261 §25.1
    const isHarmless = !/^(INVITE|ACK|CANCEL|BYE|PRACK|UPDATE|REFER|REGISTER)$/i.test(text);
    return isToken && isHarmless
      ? { value: text }
      : { mustBe: "a method that starts nothing, such as OPTIONS or INFO" };
  },
  encode: (method) => method,
});

/** `sqlite:PATH`. */
export const locationUrl: Kind<LocationUrl> = kind<LocationUrl>("`sqlite:PATH`", {
  decode: (text) =>
    /^sqlite:[^\p{Cc}]+$/u.test(text)
      ? { value: { kind: "sqlite", path: text.slice("sqlite:".length) } }
      : { mustBe: "a database such as sqlite:sipulse.db" },
  encode: ({ path }) => `sqlite:${path}`,
});

/** The path of a file; nothing is opened here. */
export const filePath: Kind<string> = kind<string>("path of a file", {
  decode: (text) =>
    /^[^\p{Cc}]{1,4096}$/u.test(text) ? { value: text } : { mustBe: "the path of a file, up to 4096 characters" },
  encode: (path) => path,
});

/** A secret for an Authorization header: visible ASCII without spaces; the mask of `print-config` is not one. */
export const bearerToken: Kind<string> = kind<string>("visible ASCII characters without spaces", {
  decode: (text) =>
    /^[\x21-\x7e]{1,512}$/.test(text) && text !== "***"
      ? { value: text }
      : { mustBe: "1 to 512 visible ASCII characters without spaces, and not the *** that print-config shows" },
  encode: (token) => token,
});

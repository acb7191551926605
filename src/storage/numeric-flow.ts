/**
 * The remote end of a flow, guessed from a URI: for rows of other programs, which store no flow.
 *
 * Only a numeric address is taken. Nothing is looked up: a name may lead anywhere.
 *
 * @module
 */
import { isIP } from "node:net";
import { hostPort, TRANSPORTS, type TransportName } from "../base/net-names.ts";

/** Scheme, numeric host, port, and whatever follows; a Path value starts with `<`. */
const NUMERIC_URI = /^\s*<?(sips?):(?:[^@<>]*@)?(\[[0-9a-f:.]+\]|[0-9.]+)(?::(\d{1,5}))?(?=[;?>,\s]|$)([^?>,]*)/i;
const TRANSPORT_PARAMETER = /;transport=([a-z]+)/i;
/** RFC 3261 §19.1.2. */
const DEFAULT_PORT = 5_060;
const DEFAULT_TLS_PORT = 5_061;
const PORT_MAX = 65_535;

/** @returns `transport:host:port`; `null` when the URI names no numeric address */
export function flowOfUri(uri: string): string | null {
  const parts = NUMERIC_URI.exec(uri);
  if (parts === null) return null;
  const [, scheme = "", bracketed = "", portText, parameters = ""] = parts;
  const host = bracketed.replace(/^\[|\]$/g, "");
  const transport = transportOf(scheme, parameters);
  if (isIP(host) === 0 || transport === null) return null;
  const port = portText === undefined ? defaultPort(transport) : Number(portText);
  return port >= 1 && port <= PORT_MAX ? `${transport}:${hostPort(host, port)}` : null;
}

function transportOf(scheme: string, parameters: string): TransportName | null {
  const named = TRANSPORT_PARAMETER.exec(parameters)?.[1]?.toLowerCase();
  const isSecure = scheme.toLowerCase() === "sips";
  if (named === undefined) return isSecure ? "tls" : "udp";
  const transport = TRANSPORTS.find((name) => name === named) ?? null;
  return isSecure && transport === "tcp" ? "tls" : transport;
}

function defaultPort(transport: TransportName): number {
  return transport === "tls" || transport === "wss" ? DEFAULT_TLS_PORT : DEFAULT_PORT;
}

/**
 * Where a phone is reached, as far as its stored URIs tell: the nearest proxy of its Path (RFC 3327 §5.2), else where
 * the REGISTER came from, else its Contact.
 */
export function guessFlow(row: { path: string | null; received: string | null; address: string }): string | null {
  // With a Path the phone itself cannot be reached, whatever the other columns say.
  if (row.path !== null && row.path !== "") return flowOfUri(row.path);
  if (row.received !== null && row.received !== "") return flowOfUri(row.received);
  return flowOfUri(row.address);
}

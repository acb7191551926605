/**
 * `host [":" port]` as URIs and Via share it (RFC 3261 §25.1; IPv6 by RFC 5954).
 *
 * @module
 */
import { BRACKET, COLON, HOST, hexDigit, isAll, lowerCase, parseDigits } from "./chars.ts";

/** A host and its port. */
export interface HostPort {
  /** Lower-case; IPv6 with brackets. */
  readonly host: string;
  /** 1 .. 65535; `null` when absent. */
  readonly port: number | null;
}

/** Reads `host` or `host:port`; `null` when it is neither. An IPv6 address needs its brackets (RFC 5118 §4.2). */
export function parseHostPort(text: string): HostPort | null {
  let hostEnd: number;
  if (text.charCodeAt(0) === BRACKET) {
    hostEnd = text.indexOf("]") + 1;
    if (hostEnd === 0 || !isIpv6(text.slice(1, hostEnd - 1))) return null;
  } else {
    const colon = text.indexOf(":");
    hostEnd = colon < 0 ? text.length : colon;
    if (hostEnd === 0 || !isAll(HOST, text, 0, hostEnd)) return null;
  }
  const host = lowerCase(text.slice(0, hostEnd));
  if (hostEnd === text.length) return { host, port: null };
  if (text.charCodeAt(hostEnd) !== COLON) return null;
  const port = parseDigits(text.slice(hostEnd + 1), 65_535);
  return port === null || port === 0 ? null : { host, port };
}

/** `[2001:db8::1]` and `2001:db8::1` alike without brackets. */
export function withoutBrackets(host: string): string {
  return host.charCodeAt(0) === BRACKET && host.endsWith("]") ? host.slice(1, -1) : host;
}

/**
 * An IPv6 address without brackets: up to 8 groups of up to 4 hex digits, one "::", an IPv4 address as the last two.
 *
 * ":::" before an IPv4 address is accepted: the grammar of RFC 3261 produced it by mistake (RFC 5118 §4.10).
 */
export function isIpv6(text: string): boolean {
  const address = text.replace(":::", "::");
  if (address.length > 45) return false;
  const gap = address.indexOf("::");
  if (gap < 0) return groupCount(address) === 8;
  if (address.includes("::", gap + 1)) return false;
  const before = gap === 0 ? 0 : groupCount(address.slice(0, gap));
  const after = gap + 2 === address.length ? 0 : groupCount(address.slice(gap + 2));
  return before >= 0 && after >= 0 && before + after < 8 && !address.slice(0, gap).includes(".");
}

/** 16-bit groups in a colon-separated list, an IPv4 tail counting as two; -1 when one is malformed. */
function groupCount(list: string): number {
  const groups = list.split(":");
  const last = groups.at(-1) ?? "";
  let count = groups.length;
  if (last.includes(".")) {
    if (!isIpv4(last)) return -1;
    groups.pop();
    count++;
  }
  return groups.every(isHexGroup) ? count : -1;
}

function isHexGroup(group: string): boolean {
  if (group.length === 0 || group.length > 4) return false;
  for (let i = 0; i < group.length; i++) if (hexDigit(group.charCodeAt(i)) < 0) return false;
  return true;
}

function isIpv4(text: string): boolean {
  const parts = text.split(".");
  return parts.length === 4 && parts.every((part) => part.length <= 3 && parseDigits(part, 255) !== null);
}

/** One text for all spellings of an IPv6 reference (RFC 5954 §4.2); any other host is returned as it is. */
export function canonicalHost(host: string): string {
  if (host.charCodeAt(0) !== BRACKET) return host;
  const address = withoutBrackets(host)
    .replace(":::", "::")
    .replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, ipv4AsGroups);
  const [before = "", after = ""] = address.split("::");
  const head = before === "" ? [] : before.split(":");
  const tail = after === "" ? [] : after.split(":");
  const zeros = new Array<string>(Math.max(0, 8 - head.length - tail.length)).fill("0");
  return [...head, ...zeros, ...tail].map((group) => Number.parseInt(group, 16).toString(16)).join(":");
}

function ipv4AsGroups(_address: string, a: string, b: string, c: string, d: string): string {
  return `${(Number(a) * 256 + Number(b)).toString(16)}:${(Number(c) * 256 + Number(d)).toString(16)}`;
}

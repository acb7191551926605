/**
 * The SIP extensions this server knows, and what it does about the others (RFC 3261 §8.2.2.3).
 *
 * @module
 */
import type { Headers } from "./syntax/headers.ts";

/** Option tags of the extensions we know, as Supported lists them (RFC 3261 §20.37): Path (RFC 3327). */
export const KNOWN_EXTENSIONS: readonly string[] = ["path"];

/** Option tags that Require names and `known` does not, as received; option tags are compared in any case. */
export function unknownExtensions(headers: Headers, known: readonly string[] = KNOWN_EXTENSIONS): readonly string[] {
  return headers.list("require").filter((tag) => !known.includes(tag.toLowerCase()));
}

/** Whether Supported names the option tag. */
export function isSupported(headers: Headers, tag: string): boolean {
  return headers.list("supported").some((one) => one.toLowerCase() === tag);
}

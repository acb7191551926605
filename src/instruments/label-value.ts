/**
 * What a label value may look like, whoever wrote it.
 *
 * @module
 */
import { printable } from "../base/log.ts";

/** What a value becomes that is unknown to a closed label, or one too many for an open one. */
export const OTHER = "other";

/** Longest label value, in characters; a domain name has at most 253 octets, real ones stay far below. */
export const LABEL_CHARACTERS_MAX = 128;

/** A value as it may stand in a series: well-formed, shortened, no control characters; empty becomes `other`. */
export function labelValue(text: string): string {
  return printable(text).slice(0, LABEL_CHARACTERS_MAX).toWellFormed() || OTHER;
}

/**
 * Kinds of values: how an operator writes one and what the program holds.
 *
 *      "30s" --decode--> 30000   (flag, environment, file)
 *      30000 --encode--> "30s"   (print-config)
 *
 * A kind is one zod codec, so that reading and printing cannot drift apart. Every value arrives as text, because flags
 * and environment variables are text; the YAML reader keeps the source text of numbers and booleans for the same reason.
 *
 * @module
 */
import { z } from "zod";
import { sToMs } from "../base/units.ts";

/** A value as an operator wrote it: one text, or a list of texts. */
export type Written = string | readonly string[];

/** How one sort of value is written, read and printed. */
export interface Kind<T> {
  /** Decodes what an operator wrote; encodes what the program holds. */
  readonly schema: z.ZodType<T, Written>;
  /** The accepted form, for the documentation: `duration, 1s to 1h`. */
  readonly accepts: string;
  /** Whether a comma separates values on flags and in the environment, and the file takes a list. */
  readonly isList: boolean;
}

/** A value, or the end of the sentence "… must be …" when the text is not one. */
export type Decoded<T> = { readonly value: T } | { readonly mustBe: string };

/** Most entries of one list; far above what a server listens on or serves. */
const LIST_ENTRIES_MAX = 1_000;

/** Makes a kind of two functions; `encode` must print what `decode` reads. */
export function kind<T>(
  accepts: string,
  parts: { readonly decode: (text: string) => Decoded<T>; readonly encode: (value: T) => string },
): Kind<T> {
  const schema = z.codec(z.string(), z.custom<T>(), {
    decode: (text, context) => {
      const decoded = parts.decode(text);
      if ("value" in decoded) return decoded.value;
      context.issues.push({ code: "custom", input: text, message: decoded.mustBe });
      return z.NEVER;
    },
    encode: (value) => parts.encode(value as T),
  });
  return { schema: schema as unknown as z.ZodType<T, Written>, accepts, isList: false };
}

/** A list of `item`, without repetitions. */
export function listOf<T>(item: Kind<T>, { atLeast = 0 }: { readonly atLeast?: number } = {}): Kind<readonly T[]> {
  const entries = z
    .array(item.schema)
    .min(atLeast, `a list of at least ${atLeast}: ${item.accepts}`)
    .max(LIST_ENTRIES_MAX, `a list of at most ${LIST_ENTRIES_MAX} entries`)
    .refine((values) => new Set(values.map((value) => JSON.stringify(value))).size === values.length, {
      message: "a list without repetitions",
    });
  return {
    schema: entries as unknown as z.ZodType<readonly T[], Written>,
    accepts: `list of ${item.accepts}`,
    isList: true,
  };
}

/** `item`, or nothing: an empty text, or `null` in the file. */
export function optional<T>(item: Kind<T>): Kind<T | null> {
  return kind<T | null>(`${item.accepts}, or nothing`, {
    decode: (text) => {
      if (text === "") return { value: null };
      const result = item.schema.safeParse(text);
      return result.success ? { value: result.data } : { mustBe: result.error.issues[0]?.message ?? item.accepts };
    },
    encode: (value) => (value === null ? "" : String(z.encode(item.schema, value))),
  });
}

/** One of a few words. */
export function oneOf<const Word extends string>(words: readonly Word[]): Kind<Word> {
  const accepts = words.map((word) => `\`${word}\``).join(", ");
  return kind<Word>(accepts, {
    decode: (text) => {
      const value = words.find((word) => word === text);
      return value === undefined ? { mustBe: `one of ${words.join(", ")}` } : { value };
    },
    encode: (word) => word,
  });
}

/** `true` and `false`; `on` and `off` are read as well. */
export const yesOrNo: Kind<boolean> = kind<boolean>("`true`, `false`", {
  decode: (text) => {
    if (text === "true" || text === "on") return { value: true };
    if (text === "false" || text === "off") return { value: false };
    return { mustBe: "true or false" };
  },
  encode: String,
});

/** A whole number in a range. */
export function wholeNumber({ min, max }: { readonly min: number; readonly max: number }): Kind<number> {
  const range = `from ${min} to ${max}`;
  return kind<number>(`whole number ${range}`, {
    decode: (text) => {
      const value = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
      return value >= min && value <= max ? { value } : { mustBe: `a whole number ${range}` };
    },
    encode: String,
  });
}

/** A share of one, `0.1` and never `10%`. */
export function ratio({ max = 1 }: { readonly max?: number } = {}): Kind<number> {
  return kind<number>(`ratio from 0 to ${max}`, {
    decode: (text) => {
      const value = /^\d{0,3}(\.\d{1,17})?$/.test(text) && text !== "" ? Number(text) : Number.NaN;
      return value >= 0 && value <= max ? { value } : { mustBe: `a ratio from 0 to ${max} such as 0.1` };
    },
    encode: String,
  });
}

/** Milliseconds per unit of a duration. */
const UNIT_MS = { ms: 1, s: sToMs(1), m: sToMs(60), h: sToMs(3_600) } as const;

/** The duration in milliseconds; `null` when the text is not one. */
export function parseDurationMs(text: string): number | null {
  const match = /^(\d{1,9})(ms|s|m|h)$/.exec(text);
  if (match === null) return null;
  return Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
}

/** The shortest exact writing: `90000` -> `90s`, `60000` -> `1m`. */
export function printDuration(ms: number): string {
  const unit = (["h", "m", "s"] as const).find((name) => ms >= UNIT_MS[name] && ms % UNIT_MS[name] === 0) ?? "ms";
  return ms === 0 ? "0s" : `${ms / UNIT_MS[unit]}${unit}`;
}

/** A duration in milliseconds. Both ends of the range are included and written as an operator would. */
export function durationMs({ min, max }: { readonly min: string; readonly max: string }): Kind<number> {
  const minMs = parseDurationMs(min) ?? Number.NaN;
  const maxMs = parseDurationMs(max) ?? Number.NaN;
  return kind<number>(`duration, ${min} to ${max}`, {
    decode: (text) => {
      const value = parseDurationMs(text);
      if (value === null) return { mustBe: "a duration such as 500ms, 30s or 5m" };
      if (value < minMs) return { mustBe: `at least ${min}` };
      return value <= maxMs ? { value } : { mustBe: `at most ${max}` };
    },
    encode: printDuration,
  });
}

/** A duration in whole seconds, for what SIP counts in seconds. */
export function durationS({ min, max }: { readonly min: string; readonly max: string }): Kind<number> {
  const inMs = durationMs({ min, max });
  return kind<number>(inMs.accepts, {
    decode: (text) => {
      const result = inMs.schema.safeParse(text);
      if (!result.success) return { mustBe: result.error.issues[0]?.message ?? inMs.accepts };
      const value = result.data / UNIT_MS.s;
      return Number.isInteger(value) ? { value } : { mustBe: "whole seconds such as 30s or 5m" };
    },
    encode: (seconds) => printDuration(sToMs(seconds)),
  });
}

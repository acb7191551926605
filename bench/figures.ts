/**
 * Numbers of a benchmark: medians over runs, ratios of two servers, and how a number is written.
 *
 * @module
 */

/** How a figure is written; inside the program a share is 0..1. */
export type Unit = "us" | "ms" | "s" | "octets" | "/s" | "/CPU-s" | "count" | "share" | "x";

/** What one measurement found, by the name of the figure (which ends in its unit); `null` = it could not be had. */
export type Figures = Readonly<Record<string, number | null>>;

/** The middle value, or the mean of the two in the middle; `null` when there is none. */
export function median(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null).sort((a, b) => a - b);
  if (known.length === 0) return null;
  const upper = Math.floor(known.length / 2);
  const lower = known.length % 2 === 0 ? upper - 1 : upper;
  return ((known[lower] as number) + (known[upper] as number)) / 2;
}

/** How many times `base` goes into `value`; `null` when one is unknown or `base` is 0. */
export function ratioOf(value: number | null, base: number | null): number | null {
  return value === null || base === null || base === 0 ? null : value / base;
}

/** E.g. `12.3 us`, `16,735 /s`, `0.02 %`, `0.30x`. */
export function formatFigure(value: number, unit: Unit): string {
  if (unit === "x") return `${formatNumber(value)}x`;
  if (unit === "share") return `${formatNumber(value * 100)} %`;
  if (unit === "count") return formatNumber(value);
  return `${formatNumber(value)} ${unit}`;
}

/** Three digits that say something, thousands separated; 0 and whole small numbers without fraction. */
function formatNumber(value: number): string {
  const size = Math.abs(value);
  const fractionDigits = Number.isInteger(value) || size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return value.toLocaleString("en-US", {
    minimumFractionDigits: fractionDigits,
    maximumFractionDigits: fractionDigits,
  });
}

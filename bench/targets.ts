/**
 * What a figure must reach: a fixed bound, or a multiple of the peer's figure of the same run.
 *
 * @module
 */
import { formatFigure, ratioOf, type Unit } from "./figures.ts";

/** A bound on one figure. The multiples count only against the peer measured in the same run. */
export type Target =
  | { readonly kind: "at-most" | "at-least"; readonly bound: number }
  | { readonly kind: "at-most-of-peer" | "at-least-of-peer"; readonly factor: number }
  /** Shown for information. */
  | { readonly kind: "none" };

/** `unknown`: our figure, or the peer's that it is compared with, could not be measured. */
export type Verdict = "met" | "missed" | "unknown" | "no target";

export const atMost = (bound: number): Target => ({ kind: "at-most", bound });
export const atLeast = (bound: number): Target => ({ kind: "at-least", bound });
export const atMostOfPeer = (factor: number): Target => ({ kind: "at-most-of-peer", factor });
export const atLeastOfPeer = (factor: number): Target => ({ kind: "at-least-of-peer", factor });
export const NO_TARGET: Target = { kind: "none" };

/** Decides whether `own` meets its target; `null` figures are unknown. */
export function judge(target: Target, own: number | null, peer: number | null): Verdict {
  switch (target.kind) {
    case "none":
      return "no target";
    case "at-most":
      return own === null ? "unknown" : verdictOf(own <= target.bound);
    case "at-least":
      return own === null ? "unknown" : verdictOf(own >= target.bound);
    case "at-most-of-peer":
    case "at-least-of-peer": {
      const ratio = ratioOf(own, peer);
      if (ratio === null) return "unknown";
      return verdictOf(target.kind === "at-most-of-peer" ? ratio <= target.factor : ratio >= target.factor);
    }
    default:
      return target satisfies never;
  }
}

const verdictOf = (isMet: boolean): Verdict => (isMet ? "met" : "missed");

/** E.g. `<= 150 us` or `>= 1.50x Kamailio`; empty without a target. */
export function describeTarget(target: Target, unit: Unit): string {
  switch (target.kind) {
    case "none":
      return "";
    case "at-most":
      return `<= ${formatFigure(target.bound, unit)}`;
    case "at-least":
      return `>= ${formatFigure(target.bound, unit)}`;
    case "at-most-of-peer":
      return `<= ${formatFigure(target.factor, "x")} Kamailio`;
    case "at-least-of-peer":
      return `>= ${formatFigure(target.factor, "x")} Kamailio`;
    default:
      return target satisfies never;
  }
}

/** Windows of that many milliseconds, in one second. */
const WINDOWS_10_MS_PER_S = 100;
const WINDOWS_100_MS_PER_S = 10;
/** From this rate on chance alone does not double the share of 100 ms. */
const RATE_FOR_100_MS_PER_S = 1_000;

/** Most probes that 10 ms may carry: five standard deviations over the even share, and two that do not matter. */
export function pacingTarget10Ms(probesPerS: number): Target {
  const even = probesPerS / WINDOWS_10_MS_PER_S;
  return atMost(Math.floor(even + 5 * Math.sqrt(even) + 2));
}

/** Most probes that 100 ms may carry: twice the even share; at low rates there is no target. */
export function pacingTarget100Ms(probesPerS: number): Target {
  if (probesPerS < RATE_FOR_100_MS_PER_S) return NO_TARGET;
  return atMost(Math.floor((2 * probesPerS) / WINDOWS_100_MS_PER_S));
}

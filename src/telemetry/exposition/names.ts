/**
 * What a metric's name says: its stem and its unit, by the naming rules of Prometheus and OpenMetrics.
 *
 * @module
 */
import type { ExpositionFamily } from "./model.ts";

/** Every counter ends with it. */
const COUNTER_SUFFIX = "_total";

/** Base units that a name may carry, as its last word before `_total`. */
const UNITS: readonly string[] = ["seconds", "bytes", "ratio"];

/** The name of a counter without `_total`: what OpenMetrics calls the metric family. Other names stay. */
export function stemOf(name: string, type: ExpositionFamily["type"]): string {
  return type === "counter" && name.endsWith(COUNTER_SUFFIX) ? name.slice(0, -COUNTER_SUFFIX.length) : name;
}

/** The unit in a name, e.g. `seconds`; "" when it carries none. */
export function unitOf(name: string, type: ExpositionFamily["type"]): string {
  const words = stemOf(name, type).split("_");
  const last = words.length > 1 ? (words.at(-1) ?? "") : "";
  return UNITS.includes(last) ? last : "";
}

/** The family's unit; "" as well when its name does not carry it, because readers then refuse the whole scrape. */
export function carriedUnit({ name, type, unit }: ExpositionFamily): string {
  return unit !== "" && stemOf(name, type).endsWith(`_${unit}`) ? unit : "";
}

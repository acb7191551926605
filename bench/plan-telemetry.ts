/**
 * The rows of telemetry: what it costs, and how far its quantiles can be trusted. The peer has nothing like it.
 *
 * @module
 */
import { nameOf, type Population } from "./measure-keepalive.ts";
import { ownOverhead } from "./measure-overhead.ts";
import { ownQuantiles, POPULATIONS, QUANTILES } from "./measure-quantile.ts";
import { ownScrape, SERIES_BUDGET } from "./measure-scrape.ts";
import type { Measurement, RowSpec } from "./measurement.ts";
import * as targets from "./targets.ts";

/** On the main thread, at the budget of series. */
const TEXT_MS_MAX = 15;
const PROTOBUF_MS_MAX = 10;
/** Of the CPU per keepalive. */
const OVERHEAD_RATIO_MAX = 0.15;
/** Of the true value. */
const QUANTILE_ERROR_RATIO_MAX = 0.02;

const { NO_TARGET } = targets;

/** CPU per keepalive with everything sent over OTLP: from the start as in the other rows, and when code is warm. */
export function overhead(population: Population): Measurement {
  const name = nameOf(population);
  const part = "overhead";
  const atMost = targets.atMost(OVERHEAD_RATIO_MAX);
  const added = `added by OTLP, traces at 1 %, ${name}`;
  return {
    name: `overhead of traces at 1 %, ${name}`,
    own: (bench) => ownOverhead(bench, population),
    peer: null,
    rows: [
      { part, what: `CPU per keepalive, ${name}, no OTLP`, figure: "plainCpuUs", unit: "us", target: NO_TARGET },
      { part, what: `CPU per keepalive, ${name}, OTLP`, figure: "tracedCpuUs", unit: "us", target: NO_TARGET },
      { part, what: `${added}, engine`, figure: "engineAddedRatio", unit: "share", target: atMost },
      { part, what: `${added}, all threads`, figure: "processAddedRatio", unit: "share", target: atMost },
      { part, what: `CPU, ${name}, later, no OTLP`, figure: "plainLaterCpuUs", unit: "us", target: NO_TARGET },
      { part, what: `CPU, ${name}, later, OTLP`, figure: "tracedLaterCpuUs", unit: "us", target: NO_TARGET },
      { part, what: `${added}, engine, later`, figure: "engineAddedLaterRatio", unit: "share", target: atMost },
      { part, what: `${added}, all, later`, figure: "processAddedLaterRatio", unit: "share", target: atMost },
      { part, what: `spans per keepalive, ${name}`, figure: "spansPerProbe", unit: "share", target: NO_TARGET },
    ],
  };
}

/** A scrape at the budget of series. */
export function scrape(): Measurement {
  const part = "scrape";
  const name = `${SERIES_BUDGET.toLocaleString("en-US")} series`;
  const encodings = [
    { label: "text", key: "text", target: targets.atMost(TEXT_MS_MAX) },
    { label: "OpenMetrics", key: "openMetrics", target: NO_TARGET },
    { label: "protobuf", key: "protobuf", target: targets.atMost(PROTOBUF_MS_MAX) },
  ] as const;
  return {
    name: `scrape of ${name}`,
    isAlone: true,
    own: ownScrape,
    peer: null,
    rows: [
      { part, what: "series in the scrape", figure: "series", unit: "count", target: targets.atLeast(SERIES_BUDGET) },
      ...encodings.flatMap(({ label, key, target }): readonly RowSpec[] => [
        { part, what: `scrape of ${name}, ${label}`, figure: `${key}Ms`, unit: "ms", target },
        { part, what: `scrape of ${name}, ${label}, gzip`, figure: `${key}GzipMs`, unit: "ms", target: NO_TARGET },
        { part, what: `scrape of ${name}, ${label}`, figure: `${key}Octets`, unit: "octets", target: NO_TARGET },
      ]),
      { part, what: `snapshot of ${name} in the engine`, figure: "publishUs", unit: "us", target: NO_TARGET },
    ],
  };
}

/** One measurement for each population. */
export function quantiles(): readonly Measurement[] {
  return Object.entries(POPULATIONS).map(([name, population]) => ({
    name: `quantiles, ${name}`,
    isAlone: true,
    own: (alone) => ownQuantiles(alone, population),
    peer: null,
    rows: QUANTILES.flatMap((quantile) => quantileRows(name, quantile)),
  }));
}

function quantileRows(population: string, { name, text }: (typeof QUANTILES)[number]): readonly RowSpec[] {
  const part = "quantile";
  const unit = "share";
  const target = targets.atMost(QUANTILE_ERROR_RATIO_MAX);
  const what = `error of ${text}, ${population}`;
  return [
    { part, what: `${what}, native`, figure: `native${name}ErrorRatio`, unit, target },
    { part, what: `${what}, classic`, figure: `classic${name}ErrorRatio`, unit, target: NO_TARGET },
  ];
}

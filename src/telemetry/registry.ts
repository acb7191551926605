/**
 * Everything `/metrics` shows, in one prom-client registry: engine, main thread, process.
 *
 *      MetricSnapshot --> EngineMetric x n --+
 *      main thread    --> main-metrics ------+--> Registry --render()--> text 0.0.4
 *      process, Node  --> prom-client -------+
 *
 * The registry never changes its content type: prom-client would lose `_total` for good. Other formats get their own
 * encoder over `MetricFamily`.
 *
 * @module
 */
import { collectDefaultMetrics, type Metric, Registry } from "prom-client";
import type { Clock } from "../base/clock.ts";
import { metricRows } from "../instruments/catalogue.ts";
import type { StoreBackend } from "../instruments/labels.ts";
import type { MetricSnapshot } from "../instruments/snapshot.ts";
import { EngineMetric } from "./engine-metric.ts";
import {
  type BuildInfo,
  type LifeMetrics,
  openLifeMetrics,
  openStoreMetrics,
  type StoreMetrics,
} from "./main-metrics.ts";
import { engineFamily } from "./metric-model.ts";

/** Gauges of prom-client that are named like counters; `promtool check metrics` refuses them. */
const MISNAMED_DEFAULTS = [
  "nodejs_active_handles_total",
  "nodejs_active_requests_total",
  "nodejs_active_resources_total",
];

/** The main thread wakes up this often to measure its own loop; ten times rarer than the library would. */
const LOOP_PRECISION_MS = 100;

/** The metrics of the process, ready to be scraped. */
export interface Telemetry extends LifeMetrics {
  /** Of what `render` returns. */
  readonly contentType: string;
  readonly store: StoreMetrics;
  /** Every metric as of now, the engine's as of `snapshot`. Renders may overlap. */
  render(snapshot: MetricSnapshot): Promise<string>;
}

/** How `openTelemetry` is called. */
export interface TelemetryOptions extends BuildInfo {
  readonly clock: Clock;
  /** `null` when locations are kept in memory. */
  readonly storeBackend: StoreBackend | null;
  /** Whether `process_*` and `nodejs_*` are shown; `true` when left out. They cannot be the same twice. */
  readonly hasProcessMetrics?: boolean;
}

/** The registry with every metric of the catalogue in it. */
export function openTelemetry(options: TelemetryOptions): Telemetry {
  const register = new Registry();
  let current: MetricSnapshot = { values: new Map(), histograms: new Map() };
  for (const [key, row] of metricRows()) {
    if (row.thread !== "engine") continue;
    const metric = new EngineMetric(row, () => engineFamily(key, row, current));
    // The registry needs no more of a metric than EngineMetric has; the type asks for one of its own classes.
    register.registerMetric(metric as unknown as Metric);
  }
  const store = openStoreMetrics(register, options.storeBackend);
  const life = openLifeMetrics(register, options, options.clock);
  if (options.hasProcessMetrics ?? true) {
    collectDefaultMetrics({ register, eventLoopMonitoringPrecision: LOOP_PRECISION_MS });
    for (const name of MISNAMED_DEFAULTS) register.removeSingleMetric(name);
  }
  return {
    ...life,
    contentType: register.contentType,
    store,
    render(snapshot) {
      current = snapshot;
      return register.metrics();
    },
  };
}

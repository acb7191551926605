/**
 * Everything `/metrics` shows, in one prom-client registry: engine, main thread, process.
 *
 *      MetricSnapshot --> EngineMetric x n --+
 *      main thread    --> main-metrics ------+--collect()--> ExpositionFamily[] --render()--> one of three encodings
 *      process, Node  --> prom-client -------+
 *      OpenTelemetry  --> otelFamilies ------+
 *
 * The registry holds metrics and is never asked for text: one render as OpenMetrics, and prom-client has lost the
 * `_total` of its counters for good. What is encoded are families, which nobody changes.
 *
 * @module
 */
import { collectDefaultMetrics, type Metric, Registry } from "prom-client";
import type { Clock } from "../base/clock.ts";
import { msToS } from "../base/units.ts";
import { metricRows } from "../instruments/catalogue.ts";
import type { StoreBackend } from "../instruments/labels.ts";
import type { MetricSnapshot } from "../instruments/snapshot.ts";
import { EngineMetric } from "./engine-metric.ts";
import { type ExemplarSource, NO_EXEMPLARS } from "./exposition/exemplar-source.ts";
import type { ExpositionFamily } from "./exposition/model.ts";
import { type Exposition, renderExposition, type ScrapeRequest } from "./exposition/render.ts";
import { type LibraryMetric, libraryFamily } from "./library-metric.ts";
import {
  type BuildInfo,
  type LifeMetrics,
  openLifeMetrics,
  openSpanMetrics,
  openStoreMetrics,
  type SpanMetrics,
  type StoreMetrics,
} from "./main-metrics.ts";
import { openSloMetrics, type SloMetrics, type SloSettings } from "./slo.ts";

/** Gauges of prom-client that are named like counters; `promtool check metrics` refuses them. */
const MISNAMED_DEFAULTS = [
  "nodejs_active_handles_total",
  "nodejs_active_requests_total",
  "nodejs_active_resources_total",
];

/** The main thread wakes up this often to measure its own loop; ten times rarer than the library would. */
const LOOP_PRECISION_MS = 100;

/** What the registry holds besides engine metrics; the type of the package leaves the name out. */
interface HeldMetric {
  readonly name: string;
  get(): Promise<LibraryMetric>;
}

/** What only the catalogue may name. */
const OWN_PREFIX = "sip_";

/** The metrics of the process, ready to be scraped. */
export interface Telemetry extends LifeMetrics {
  readonly store: StoreMetrics;
  readonly slo: Pick<SloMetrics, "configure">;
  readonly spans: SpanMetrics;
  /**
   * Every metric as of now, the engine's as of `snapshot`; each name once.
   *
   * @param names left out or `null` for all of them
   */
  collect(snapshot: MetricSnapshot, names?: ReadonlySet<string> | null): Promise<readonly ExpositionFamily[]>;
  /** The same as the body of an HTTP answer. Renders may overlap. */
  render(snapshot: MetricSnapshot, request: ScrapeRequest): Promise<Exposition>;
}

/** How `openTelemetry` is called. */
export interface TelemetryOptions extends BuildInfo {
  readonly clock: Clock;
  /** `null` when locations are kept in memory. */
  readonly storeBackend: StoreBackend | null;
  /** Whether `process_*` and `nodejs_*` are shown; `true` when left out. They cannot be the same twice. */
  readonly hasProcessMetrics?: boolean;
  /** None when left out. */
  readonly slo?: SloSettings;
  /** Nothing is traced when left out. */
  readonly exemplars?: ExemplarSource;
  /** Metrics born in OpenTelemetry instruments; none when left out. Must not reject: that would cost the scrape. */
  readonly otelFamilies?: () => Promise<readonly ExpositionFamily[]>;
}

/** The registry with every metric of the catalogue in it. */
export function openTelemetry(options: TelemetryOptions): Telemetry {
  const { clock, exemplars = NO_EXEMPLARS, otelFamilies = async () => [] } = options;
  const register = new Registry();
  // Every counter of the main thread was at 0 now, those included whose series come later.
  const createdS = msToS(clock.wallMs());
  for (const [key, row] of metricRows()) {
    // The registry needs no more of a metric than its name; the type asks for one of its own classes.
    if (row.thread === "engine") register.registerMetric(new EngineMetric(key, row, exemplars) as unknown as Metric);
  }
  const store = openStoreMetrics(register, options.storeBackend);
  const life = openLifeMetrics(register, options, clock);
  const slo = openSloMetrics(register, options.slo ?? { reachability: [], rtt: [] });
  const spans = openSpanMetrics(register);
  if (options.hasProcessMetrics ?? true) {
    collectDefaultMetrics({ register, eventLoopMonitoringPrecision: LOOP_PRECISION_MS });
    for (const name of MISNAMED_DEFAULTS) register.removeSingleMetric(name);
  }
  const collect: Telemetry["collect"] = async (snapshot, names = null) => {
    slo.cover(snapshot);
    const isWanted = ({ name }: { readonly name: string }): boolean => names === null || names.has(name);
    const own = register.getMetricsAsArray() as unknown as readonly (EngineMetric | HeldMetric)[];
    const families = own.filter(isWanted).map(async (metric) => {
      return metric instanceof EngineMetric ? metric.family(snapshot) : libraryFamily(await metric.get(), createdS);
    });
    const [mine, others] = await Promise.all([Promise.all(families), otelFamilies()]);
    return [...mine, ...others.filter((family) => isWanted(family) && !isTaken(family.name, own))];
  };
  return {
    ...life,
    store,
    slo,
    spans,
    collect,
    render: async (snapshot, request) => renderExposition(await collect(snapshot, request.names), request),
  };
}

/** Whether a family from elsewhere would be a second one of its name, or claim to be of the catalogue. */
function isTaken(name: string, own: readonly { readonly name: string }[]): boolean {
  return name.startsWith(OWN_PREFIX) || own.some((metric) => metric.name === name);
}

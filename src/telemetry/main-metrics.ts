/**
 * The metrics that are counted on the main thread: the location store, the configuration, the build, spans.
 *
 * @module
 */
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { Clock } from "../base/clock.ts";
import { msToS } from "../base/units.ts";
import { type MetricKey, metricRow } from "../instruments/catalogue.ts";
import {
  SPAN_DROP_REASONS,
  SPAN_KINDS,
  type SpanDropReason,
  type SpanKind,
  STORE_OPERATIONS,
  type StoreBackend,
  type StoreOperation,
} from "../instruments/labels.ts";

/** Counts operations on the location store. */
export interface StoreMetrics {
  /** @param _rows rows written or read; not a metric */
  operationDone(backend: StoreBackend, operation: StoreOperation, durationMs: number, _rows: number): void;
  /** @param _code of the error; for the log, not a metric */
  operationFailed(backend: StoreBackend, operation: StoreOperation, _code: string): void;
}

/** What the build says of itself. */
export interface BuildInfo {
  /** Release of sipulse. */
  readonly version: string;
  /** Commit; `unknown` outside a release. */
  readonly revision: string;
  /** Release of Node, e.g. `v24.21.0`. */
  readonly nodeVersion: string;
}

/** What `prom-client` wants to know of a row. */
function configuration(key: MetricKey, register: Registry) {
  const { name, help, labels } = metricRow(key);
  return { name, help, labelNames: labels.map((label) => label.name), registers: [register] };
}

/**
 * Store metrics in the registry.
 *
 * @param backend creates its series at 0; `null` when nothing is stored
 */
export function openStoreMetrics(register: Registry, backend: StoreBackend | null): StoreMetrics {
  const operations = new Counter(configuration("storeOperations", register));
  const failures = new Counter(configuration("storeFailures", register));
  const durations = new Histogram({
    ...configuration("storeOperationDuration", register),
    buckets: [...(metricRow("storeOperationDuration").buckets ?? [])],
  });
  if (backend !== null) {
    for (const operation of STORE_OPERATIONS) {
      operations.inc({ backend, operation }, 0);
      failures.inc({ backend, operation }, 0);
      durations.zero({ backend, operation });
    }
  }
  return {
    operationDone(backend, operation, durationMs) {
      operations.inc({ backend, operation });
      durations.observe({ backend, operation }, msToS(durationMs));
    },
    operationFailed(backend, operation) {
      operations.inc({ backend, operation });
      failures.inc({ backend, operation });
    },
  };
}

/** Life of the process as metrics. */
export interface LifeMetrics {
  /** The registrar answers from now on. */
  ready(): void;
  /** A reload was tried. */
  configLoaded(isAccepted: boolean): void;
}

/** Build, start and configuration in the registry; the configuration that started the daemon counts as accepted. */
export function openLifeMetrics(register: Registry, build: BuildInfo, clock: Clock): LifeMetrics {
  const buildInfo = new Gauge(configuration("buildInfo", register));
  buildInfo.set({ version: build.version, revision: build.revision, node_version: build.nodeVersion }, 1);
  const startTime = new Gauge(configuration("startTime", register));
  startTime.remove(); // Without a series until it is true: 0 would be read as 1970.
  const successful = new Gauge(configuration("configLastReloadSuccessful", register));
  const successTime = new Gauge(configuration("configLastReloadSuccessTime", register));
  const configLoaded = (isAccepted: boolean): void => {
    successful.set(isAccepted ? 1 : 0);
    if (isAccepted) successTime.set(msToS(clock.wallMs()));
  };
  configLoaded(true);
  return { ready: () => startTime.set(msToS(clock.wallMs())), configLoaded };
}

/** Counts what becomes of spans. */
export interface SpanMetrics {
  /** The export queue has accepted it. */
  recorded(kind: SpanKind): void;
  dropped(reason: SpanDropReason, spans: number): void;
  /** It stands behind a bucket. */
  exemplarKept(): void;
}

/** Spans and exemplars in the registry; all series exist at 0. */
export function openSpanMetrics(register: Registry): SpanMetrics {
  const recorded = new Counter(configuration("telemetrySpansRecorded", register));
  const dropped = new Counter(configuration("telemetrySpansDropped", register));
  const exemplars = new Counter(configuration("telemetryExemplars", register));
  for (const kind of SPAN_KINDS) recorded.inc({ kind }, 0);
  for (const reason of SPAN_DROP_REASONS) dropped.inc({ reason }, 0);
  return {
    recorded: (kind) => recorded.inc({ kind }),
    dropped: (reason, spans) => dropped.inc({ reason }, spans),
    exemplarKept: () => exemplars.inc(),
  };
}

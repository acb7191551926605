/**
 * What the standard `OTEL_*` variables ask for; the exporters read the rest of them (headers, certificates) themselves.
 *
 * A signal goes out when it has an endpoint. Without any endpoint nothing of OpenTelemetry is loaded.
 *
 * @module
 */
import { sToMs } from "../../base/units.ts";

export const SIGNALS = ["traces", "metrics", "logs"] as const;
/** What can be exported. */
export type Signal = (typeof SIGNALS)[number];

export const PROTOCOLS = ["http/protobuf", "grpc"] as const;
/** How it is exported. */
export type Protocol = (typeof PROTOCOLS)[number];

/** How one signal goes out. */
export interface SignalExport {
  readonly protocol: Protocol;
  /** Time for one export, its retries included. */
  readonly timeoutMs: number;
}

/** How batches of spans and log records are made. */
export interface BatchLimits {
  readonly queueMax: number;
  readonly batchMax: number;
  readonly delayMs: number;
  readonly timeoutMs: number;
}

/** What is exported, and how. */
export interface OtelEnvironment {
  /** `null` = not exported. */
  readonly signals: Readonly<Record<Signal, SignalExport | null>>;
  readonly spanBatches: BatchLimits;
  readonly logBatches: BatchLimits;
  readonly metricIntervalMs: number;
  readonly metricTimeoutMs: number;
  /** `OTEL_SERVICE_NAME`; `null` without one. */
  readonly serviceName: string | null;
  /** Share of ordinary requests by `OTEL_TRACES_SAMPLER`; `null` leaves it to the configuration. */
  readonly sampleRatio: number | null;
  /** What was asked for and cannot be had, as sentences. */
  readonly problems: readonly string[];
}

type Env = Readonly<Record<string, string | undefined>>;

/** Below the 10 s of the specification, so that the last export ends within the time a shutdown has. */
const EXPORT_TIMEOUT_MS = sToMs(4);
/** Defaults of the specification. */
const SPAN_BATCHES: BatchLimits = { queueMax: 2_048, batchMax: 512, delayMs: sToMs(5), timeoutMs: sToMs(30) };
const LOG_BATCHES: BatchLimits = { ...SPAN_BATCHES, delayMs: sToMs(1) };
const METRIC_INTERVAL_MS = sToMs(60);
const METRIC_TIMEOUT_MS = sToMs(30);

/** `null` when nothing is to be exported. */
export function readOtelEnvironment(env: Env): OtelEnvironment | null {
  if (text(env, "OTEL_SDK_DISABLED")?.toLowerCase() === "true") return null;
  const problems: string[] = [];
  const sampler = samplerOf(env, problems);
  const signals = {
    traces: sampler.isOff ? null : signalOf("traces", env, problems),
    metrics: signalOf("metrics", env, problems),
    logs: signalOf("logs", env, problems),
  };
  if (SIGNALS.every((signal) => signals[signal] === null)) return null;
  const metricIntervalMs = positive(env, "OTEL_METRIC_EXPORT_INTERVAL", METRIC_INTERVAL_MS, problems);
  const metricTimeoutMs = positive(env, "OTEL_METRIC_EXPORT_TIMEOUT", METRIC_TIMEOUT_MS, problems);
  return {
    signals,
    spanBatches: batchesOf("BSP", SPAN_BATCHES, env, problems),
    logBatches: batchesOf("BLRP", LOG_BATCHES, env, problems),
    metricIntervalMs,
    metricTimeoutMs: Math.min(metricTimeoutMs, metricIntervalMs),
    serviceName: text(env, "OTEL_SERVICE_NAME"),
    sampleRatio: sampler.ratio,
    problems,
  };
}

function signalOf(signal: Signal, env: Env, problems: string[]): SignalExport | null {
  const name = signal.toUpperCase();
  const own = (suffix: string) =>
    text(env, `OTEL_EXPORTER_OTLP_${name}_${suffix}`) ?? text(env, `OTEL_EXPORTER_OTLP_${suffix}`);
  const exporters = text(env, `OTEL_${name}_EXPORTER`) ?? "otlp";
  if (own("ENDPOINT") === null || exporters === "none") return null;
  if (exporters !== "otlp") problems.push(`OTEL_${name}_EXPORTER can be otlp or none, got ${exporters}: using otlp`);
  const asked = own("PROTOCOL") ?? PROTOCOLS[0];
  const protocol = PROTOCOLS.find((known) => known === asked);
  if (protocol === undefined)
    problems.push(`OTLP speaks ${PROTOCOLS.join(" or ")}, got ${asked}: using ${PROTOCOLS[0]}`);
  const shared = positive(env, "OTEL_EXPORTER_OTLP_TIMEOUT", EXPORT_TIMEOUT_MS, problems);
  const timeoutMs = positive(env, `OTEL_EXPORTER_OTLP_${name}_TIMEOUT`, shared, problems);
  return { protocol: protocol ?? PROTOCOLS[0], timeoutMs };
}

function batchesOf(prefix: "BSP" | "BLRP", defaults: BatchLimits, env: Env, problems: string[]): BatchLimits {
  const read = (name: string, otherwise: number) => positive(env, `OTEL_${prefix}_${name}`, otherwise, problems);
  const queueMax = read("MAX_QUEUE_SIZE", defaults.queueMax);
  return {
    queueMax,
    batchMax: Math.min(queueMax, read("MAX_EXPORT_BATCH_SIZE", defaults.batchMax)),
    delayMs: read("SCHEDULE_DELAY", defaults.delayMs),
    timeoutMs: read("EXPORT_TIMEOUT", defaults.timeoutMs),
  };
}

/** The samplers of the specification; ours keeps failures whatever the ratio, so only `always_off` turns it off. */
function samplerOf(env: Env, problems: string[]): { readonly isOff: boolean; readonly ratio: number | null } {
  const name = text(env, "OTEL_TRACES_SAMPLER")?.replace("parentbased_", "") ?? null;
  switch (name) {
    case null:
      return { isOff: false, ratio: null };
    case "always_off":
      return { isOff: true, ratio: 0 };
    case "always_on":
      return { isOff: false, ratio: 1 };
    case "traceidratio": {
      const ratio = Number(text(env, "OTEL_TRACES_SAMPLER_ARG") ?? 1);
      if (ratio >= 0 && ratio <= 1) return { isOff: false, ratio };
      problems.push("OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1");
      return { isOff: false, ratio: null };
    }
    default:
      problems.push(`OTEL_TRACES_SAMPLER is unknown: ${name}`);
      return { isOff: false, ratio: null };
  }
}

/** A whole number above 0; what is not one counts as unset, as the specification asks. */
function positive(env: Env, name: string, otherwise: number, problems: string[]): number {
  const asked = text(env, name);
  if (asked === null) return otherwise;
  const value = Number(asked);
  if (Number.isSafeInteger(value) && value > 0) return value;
  problems.push(`${name} must be a whole number above 0, got ${asked}`);
  return otherwise;
}

/** `null` when unset, empty or blank. */
function text(env: Env, name: string): string | null {
  const value = env[name]?.trim() ?? "";
  return value === "" ? null : value;
}

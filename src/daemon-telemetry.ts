/**
 * Telemetry of the main thread: the registry behind `/metrics`, and OpenTelemetry when `OTEL_*` names an endpoint.
 *
 *      engine --spans--> [ OpenTelemetry ] --exemplars, families--> [ registry ] --> /metrics
 *                              |<----------------collect()---------------|
 *                              +--> OTLP
 *
 * @module
 */
import type { Clock } from "./base/clock.ts";
import type { Log } from "./base/log.ts";
import { secureRandom } from "./base/random.ts";
import type { BuildInfo } from "./build-info.ts";
import type { Config } from "./config/schema.ts";
import { sloSettingsOf } from "./daemon-settings.ts";
import type { EngineEvents, EnginePort } from "./engine-port/port.ts";
import type { SpanPolicy } from "./instruments/span-sampler.ts";
import type { StoreObserver } from "./storage/store.ts";
import type { Persistence } from "./storage/write-back.ts";
import { type OtelEnvironment, readOtelEnvironment } from "./telemetry/otel/environment.ts";
import { ExemplarStore } from "./telemetry/otel/exemplars.ts";
import { type ObserveHttp, unobserved } from "./telemetry/otel/http-metrics.ts";
import type { Otel } from "./telemetry/otel/open.ts";
import { openTelemetry, type Telemetry } from "./telemetry/registry.ts";

/** What telemetry is opened with. */
export interface DaemonTelemetryParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly build: BuildInfo;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Telemetry as the other parts of the daemon see it; disposing it sends what is left. */
export interface DaemonTelemetry extends AsyncDisposable {
  readonly telemetry: Telemetry;
  /** How much the engine traces; `null` for nothing. */
  readonly spanPolicy: SpanPolicy | null;
  readonly onSpans: EngineEvents["onSpans"];
  readonly observeHttp: ObserveHttp;
  readonly store: StoreObserver;
  /** Names the engine whose metrics are exported, and who knows what is stored. */
  connect(parts: {
    readonly engine: Pick<EnginePort, "snapshot">;
    readonly persistence: (ruid: string) => Persistence;
  }): void;
  /** Sends the metrics for the last time; while the engine still answers. */
  lastMetrics(): Promise<void>;
}

/** Opens the registry, and OpenTelemetry when it is asked for: else nothing of it is loaded. */
export async function openDaemonTelemetry(config: Config, parts: DaemonTelemetryParts): Promise<DaemonTelemetry> {
  const environment = readOtelEnvironment(parts.env);
  return environment === null ? plain(config, parts) : traced(config, parts, environment);
}

function plain(config: Config, parts: DaemonTelemetryParts): DaemonTelemetry {
  const telemetry = openTelemetry(registryOptions(config, parts));
  return {
    telemetry,
    spanPolicy: null,
    onSpans: () => undefined,
    observeHttp: unobserved,
    store: telemetry.store,
    connect: () => undefined,
    lastMetrics: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

async function traced(
  config: Config,
  parts: DaemonTelemetryParts,
  environment: OtelEnvironment,
): Promise<DaemonTelemetry> {
  const { clock, log, build } = parts;
  const random = secureRandom();
  const [{ openOtel }, { StoreSpans }] = await Promise.all([
    import("./telemetry/otel/open.ts"),
    import("./telemetry/otel/store-spans.ts"),
  ]);
  // The two need each other: the registry shows what OpenTelemetry has, OpenTelemetry sends what the registry shows.
  let otel: Otel | null = null;
  let connected: Parameters<DaemonTelemetry["connect"]>[0] | null = null;
  const exemplars = new ExemplarStore(() => telemetry.spans.exemplarKept());
  const otelFamilies = async () => (otel === null ? [] : otel.families());
  const telemetry = openTelemetry({ ...registryOptions(config, parts), exemplars, otelFamilies });
  otel = await openOtel({
    ...{ environment, clock, random, log, exemplars },
    identity: { version: build.version, serverId: config.serverId },
    hasClearAor: config.tracesClearAor,
    metrics: telemetry.spans,
    collect: async () => (connected === null ? [] : telemetry.collect(await connected.engine.snapshot())),
  });
  const { spans } = otel;
  const persistence = (ruid: string): Persistence => connected?.persistence(ruid) ?? "new";
  const store = spans && new StoreSpans({ clock, random, queue: spans, metrics: telemetry.store, persistence });
  const running = otel;
  return {
    telemetry,
    spanPolicy: spanPolicyOf(config, environment),
    onSpans: (batch) => running.accept(batch, (record) => store?.expect(record)),
    observeHttp: otel.observeHttp,
    store: store ?? telemetry.store,
    connect: (known) => {
      connected = known;
    },
    lastMetrics: () => running.lastMetrics(),
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}

/** Spans are recorded for traces and for the log records of the same events. */
function spanPolicyOf(config: Config, { signals, sampleRatio }: OtelEnvironment): SpanPolicy | null {
  if (signals.traces === null && signals.logs === null) return null;
  return {
    sampleRatio: sampleRatio ?? config.tracesSampleRatio,
    slowMs: config.tracesSlowMs,
    perSecondMax: config.tracesMaxPerSecond,
  };
}

function registryOptions(config: Config, { build, clock }: DaemonTelemetryParts) {
  return {
    ...build,
    clock,
    storeBackend: config.locationMode === "memory" ? null : ("sqlite" as const),
    slo: sloSettingsOf(config),
  };
}

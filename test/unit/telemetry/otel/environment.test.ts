import { describe, expect, test } from "vitest";
import { readOtelEnvironment } from "../../../../src/telemetry/otel/environment.ts";

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318" };

/** The signals that go out, e.g. `traces:grpc`. */
function signals(env: Record<string, string>): readonly string[] {
  const environment = readOtelEnvironment(env);
  if (environment === null) return [];
  return Object.entries(environment.signals).flatMap(([name, signal]) =>
    signal === null ? [] : `${name}:${signal.protocol}`,
  );
}

describe("what is exported", () => {
  test.each([
    { env: {}, out: [], because: "no endpoint" },
    { env: { OTEL_EXPORTER_OTLP_ENDPOINT: " " }, out: [], because: "blank is unset" },
    { env: { OTEL_SERVICE_NAME: "x", OTEL_TRACES_EXPORTER: "otlp" }, out: [], because: "a name is no endpoint" },
    { env: { ...ENDPOINT, OTEL_SDK_DISABLED: "TRUE" }, out: [], because: "everything is off" },
    {
      env: ENDPOINT,
      out: ["traces:http/protobuf", "metrics:http/protobuf", "logs:http/protobuf"],
      because: "one endpoint is for all",
    },
    {
      env: { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: "http://collector:4318/v1/metrics" },
      out: ["metrics:http/protobuf"],
      because: "an endpoint of its own turns one signal on",
    },
    {
      env: { ...ENDPOINT, OTEL_LOGS_EXPORTER: "none", OTEL_TRACES_SAMPLER: "always_off" },
      out: ["metrics:http/protobuf"],
      because: "none and always_off turn one off",
    },
    {
      env: { ...ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: "grpc", OTEL_EXPORTER_OTLP_LOGS_PROTOCOL: "http/protobuf" },
      out: ["traces:grpc", "metrics:grpc", "logs:http/protobuf"],
      because: "the signal's own protocol wins",
    },
    {
      env: { ...ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" },
      out: ["traces:http/protobuf", "metrics:http/protobuf", "logs:http/protobuf"],
      because: "what we do not speak becomes the default",
    },
  ])("$env -> $out: $because", ({ env, out }) => {
    expect(signals(env)).toEqual(out);
  });

  test("without an endpoint there is nothing to start", () => {
    expect(readOtelEnvironment({ OTEL_SERVICE_NAME: "sipulse" })).toBeNull();
  });
});

describe("the sampler of the environment", () => {
  test.each([
    { env: {}, ratio: null, because: "the configuration decides" },
    { env: { OTEL_TRACES_SAMPLER: "always_on" }, ratio: 1, because: "all" },
    { env: { OTEL_TRACES_SAMPLER: "parentbased_always_on" }, ratio: 1, because: "a REGISTER has no parent" },
    { env: { OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "0.25" }, ratio: 0.25, because: "as said" },
    { env: { OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "2" }, ratio: null, because: "no ratio" },
    { env: { OTEL_TRACES_SAMPLER: "jaeger_remote" }, ratio: null, because: "unknown" },
  ])("$env -> $ratio: $because", ({ env, ratio }) => {
    expect(readOtelEnvironment({ ...ENDPOINT, ...env })?.sampleRatio).toBe(ratio);
  });
});

test("numbers of the specification are taken, nonsense is reported and counts as unset", () => {
  const environment = readOtelEnvironment({
    ...ENDPOINT,
    OTEL_BSP_MAX_QUEUE_SIZE: "100",
    OTEL_BSP_SCHEDULE_DELAY: "250",
    OTEL_BLRP_MAX_EXPORT_BATCH_SIZE: "-1",
    OTEL_METRIC_EXPORT_INTERVAL: "5000",
    OTEL_EXPORTER_OTLP_TIMEOUT: "1000",
    OTEL_EXPORTER_OTLP_LOGS_TIMEOUT: "2000",
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "carrier-pigeon",
  });
  expect(environment).toMatchObject({
    spanBatches: { queueMax: 100, batchMax: 100, delayMs: 250, timeoutMs: 30_000 },
    logBatches: { queueMax: 2_048, batchMax: 512, delayMs: 1_000 },
    metricIntervalMs: 5_000,
    metricTimeoutMs: 5_000,
    signals: { traces: { timeoutMs: 1_000 }, logs: { timeoutMs: 2_000 } },
    problems: [
      "OTLP speaks http/protobuf or grpc, got carrier-pigeon: using http/protobuf",
      "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE must be a whole number above 0, got -1",
    ],
  });
});

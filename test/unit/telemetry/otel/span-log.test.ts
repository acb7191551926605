import type { Logger, LogRecord } from "@opentelemetry/api";
import { trace } from "@opentelemetry/api";
import { describe, expect, test } from "vitest";
import { openLog } from "../../../../src/telemetry/log.ts";
import { diagLog } from "../../../../src/telemetry/otel/diag-log.ts";
import { logSpan, spanEventsOf } from "../../../../src/telemetry/otel/span-log.ts";
import { ManualClock } from "../../../fakes/manual-clock.ts";
import { aProbeRecord, aRegisterRecord } from "../../../fakes/span-records.ts";

const nameAor = () => "hash";

function open() {
  const lines: Record<string, unknown>[] = [];
  const emitted: LogRecord[] = [];
  const clock = new ManualClock();
  const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>);
  const log = openLog({ level: "debug", format: "json", clock, write });
  const logger = { emit: (record: LogRecord) => void emitted.push(record) } as unknown as Logger;
  return { lines, emitted, clock, log, parts: { log, logger, nameAor } };
}

describe("events of a record", () => {
  test.each([
    { record: aProbeRecord(), events: [], because: "an answer as always is no event" },
    { record: aProbeRecord({ reason: "timeout", status: null }), events: ["probe failed"], because: "it failed" },
    {
      record: aProbeRecord({ change: { from: "unknown", to: "reachable" } }),
      events: ["contact state changed"],
      because: "the state changed",
    },
    {
      record: aProbeRecord({ reason: "timeout", status: null, change: { from: "reachable", to: "unreachable" } }),
      events: ["probe failed", "contact state changed"],
      because: "both",
    },
    { record: aRegisterRecord(), events: [], because: "it was accepted" },
    { record: aRegisterRecord({ status: 401 }), events: [], because: "a challenge is no refusal" },
    { record: aRegisterRecord({ status: 423 }), events: ["registration refused"], because: "it was refused" },
  ])("$record.kind $record.status -> $events: $because", ({ record, events }) => {
    expect(spanEventsOf(record, nameAor).map(({ event }) => event)).toEqual(events);
  });
});

test("line and log record carry the ids of the span, the hash of the AoR and never the AoR", () => {
  const { parts, lines, emitted } = open();
  const record = aProbeRecord({ reason: "timeout", status: null });
  logSpan(record, true, parts);
  const { traceId, spanId } = record;
  expect(lines).toEqual([
    expect.objectContaining({ level: "debug", event: "probe failed", aor: "hash", trace_id: traceId, span_id: spanId }),
  ]);
  expect(trace.getSpanContext(emitted[0]?.context as never)).toMatchObject({ traceId, spanId });
  expect(emitted[0]).toMatchObject({
    eventName: "probe failed",
    severityText: "INFO",
    timestamp: [1_800_000_000, 23_500_000],
  });
  expect(JSON.stringify([lines, emitted[0]?.attributes])).not.toContain("alice");
});

test("a span that was not accepted is not pointed at", () => {
  const { parts, lines, emitted } = open();
  logSpan(aProbeRecord({ reason: "timeout", status: null }), false, parts);
  expect(lines[0]).not.toHaveProperty("trace_id");
  expect(trace.getSpanContext(emitted[0]?.context as never)).toBeUndefined();
});

test("a contact that became unreachable is a warning", () => {
  const { parts, emitted } = open();
  logSpan(aProbeRecord({ change: { from: "reachable", to: "unreachable" } }), true, parts);
  expect(emitted[0]?.severityText).toBe("WARN");
});

test("text off the wire cannot forge a line", () => {
  const { parts, lines } = open();
  logSpan(aRegisterRecord({ status: 403, domain: "x\u001b[2J\n\u202e.example" }), true, parts);
  expect(lines).toHaveLength(1);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are exactly what must not get out
  expect(lines[0]?.["domain"]).not.toMatch(/[\u001b\n\u202e]/);
});

test("what the SDK has to say is said once a minute, as a sentence", () => {
  const { log, clock, lines } = open();
  const logger = diagLog(log, clock);
  const refused = JSON.stringify({ stack: "Error: connect ECONNREFUSED\n at x", message: "connect ECONNREFUSED" });
  for (let i = 0; i < 100; i++) logger.error(refused);
  logger.warn("Dropped 3 spans because maxQueueSize reached");
  clock.advance(60_000);
  logger.error(refused);
  logger.verbose("chatter");
  expect(lines.map(({ level, problem }) => `${level} ${problem}`)).toEqual([
    "warn connect ECONNREFUSED",
    "warn Dropped 3 spans because maxQueueSize reached",
    "warn connect ECONNREFUSED",
  ]);
});

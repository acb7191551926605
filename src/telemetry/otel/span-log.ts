/**
 * The same events as log records: a probe that failed, a contact that changed its state, a REGISTER that was refused.
 *
 * Each carries the trace id of its span. They go out by OTLP when a logs endpoint is configured, and into the log as
 * debug lines.
 *
 * @module
 */
import { type Logger, ROOT_CONTEXT, SeverityNumber, trace } from "@opentelemetry/api";
import type { Log, LogFields } from "../../base/log.ts";
import { printable } from "../../base/log.ts";
import { msToHrTime } from "../../base/units.ts";
import type { SpanRecord } from "../../instruments/span-records.ts";
import { contextOf, errorOf, type NameAor, readable } from "./span-data.ts";

/** An event worth a log record. */
export interface SpanEvent {
  readonly event: "probe failed" | "contact state changed" | "registration refused";
  readonly severity: "info" | "warn";
  readonly fields: LogFields;
}

const SEVERITIES = { info: SeverityNumber.INFO, warn: SeverityNumber.WARN };

/** What a record says beyond its span; empty for an ordinary request. */
export function spanEventsOf(record: SpanRecord, nameAor: NameAor): readonly SpanEvent[] {
  const { transport, domain } = record;
  const aor = record.aor === null ? null : nameAor(record.aor);
  const error = errorOf(record);
  const shared = { aor: aor === null ? null : printable(aor), domain: printable(readable(domain) ?? ""), transport };
  if (record.kind === "register") {
    if (error === null) return [];
    return [{ event: "registration refused", severity: "info", fields: { ...shared, status: record.status } }];
  }
  const { ruid, change } = record;
  const events: SpanEvent[] = [];
  if (error !== null)
    events.push({ event: "probe failed", severity: "info", fields: { ...shared, ruid, reason: error } });
  if (change !== null) {
    const severity = change.to === "unreachable" ? "warn" : "info";
    const fields = { ...shared, ruid, from: change.from, to: change.to };
    events.push({ event: "contact state changed", severity, fields });
  }
  return events;
}

/** Where events go. */
export interface SpanLogParts {
  readonly log: Log;
  /** `null` when no logs endpoint is configured. */
  readonly logger: Logger | null;
  readonly nameAor: NameAor;
}

/** Writes the events of a record. @param isTraced whether its span was accepted: else its ids lead nowhere */
export function logSpan(record: SpanRecord, isTraced: boolean, { log, logger, nameAor }: SpanLogParts): void {
  for (const { event, severity, fields } of spanEventsOf(record, nameAor)) {
    log.debug(event, isTraced ? { ...fields, trace_id: record.traceId, span_id: record.spanId } : fields);
    logger?.emit({
      eventName: event,
      body: event,
      severityNumber: SEVERITIES[severity],
      severityText: severity.toUpperCase(),
      timestamp: msToHrTime(record.startWallMs + record.durationMs),
      attributes: Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)) as Record<
        string,
        string
      >,
      context: isTraced ? trace.setSpanContext(ROOT_CONTEXT, contextOf(record)) : ROOT_CONTEXT,
    });
  }
}

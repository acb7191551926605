/**
 * Span records: name what the test is about, the rest is ordinary.
 *
 * @module
 */
import type { ProbeRecord, RegisterRecord, SpanHead } from "../../src/instruments/span-records.ts";
import { spanDataOf } from "../../src/telemetry/otel/span-data.ts";

const HEAD: SpanHead = {
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  startWallMs: 1_800_000_000_000,
  durationMs: 23.5,
  because: "ratio",
  domain: "example.org",
  transport: "udp",
  peerAddress: "192.0.2.7",
  peerPort: 5_060,
  method: "OPTIONS",
  status: 200,
  aor: "alice@example.org",
  userAgent: "acme/1.0",
};

/** A probe that was answered. */
export function aProbeRecord(fields: Partial<ProbeRecord> = {}): ProbeRecord {
  return {
    ...HEAD,
    kind: "probe",
    ruid: "uloc-1",
    reason: null,
    change: null,
    isImprecise: false,
    registration: null,
    ...fields,
  };
}

/** A REGISTER that was accepted. */
export function aRegisterRecord(fields: Partial<RegisterRecord> = {}): RegisterRecord {
  return {
    ...HEAD,
    kind: "register",
    method: "REGISTER",
    durationMs: 0.4,
    callId: "969f6c5bdb870137",
    cseq: "1 REGISTER",
    ruids: ["uloc-1"],
    ...fields,
  };
}

/** Every attribute that a span of a record can have: what documents may name. */
export function spanAttributeNames(): readonly string[] {
  const change = { from: "reachable", to: "unreachable" } as const;
  const records = [aProbeRecord({ change, isImprecise: true, reason: "timeout" }), aRegisterRecord()];
  return records.flatMap((record) => Object.keys(spanDataOf(record, () => "hash").attributes));
}

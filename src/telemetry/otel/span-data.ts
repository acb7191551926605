/**
 * Records of the engine as spans: name, kind, times, attributes, link. Pure.
 *
 * `sip` is no namespace of the semantic conventions (open-telemetry/semantic-conventions issue 1114); the names are
 * those OpenSIPS uses, so that joint traces line up. Never a message, a nonce or a credential.
 *
 * @module
 */
import {
  type Attributes,
  type HrTime,
  type Link,
  SpanKind,
  type SpanStatus,
  SpanStatusCode,
  TraceFlags,
} from "@opentelemetry/api";
import type { TransportName } from "../../base/net-names.ts";
import { msToHrTime } from "../../base/units.ts";
import type { ProbeRecord, RegisterRecord, SpanIds, SpanRecord } from "../../instruments/span-records.ts";
import { toStoredText } from "../../storage/wire-text.ts";

/** What a span is made from. */
export interface SpanData {
  readonly name: string;
  readonly kind: SpanKind;
  readonly startTime: HrTime;
  readonly endTime: HrTime;
  readonly attributes: Attributes;
  readonly links: Link[];
  readonly status: SpanStatus;
}

/** What stands for an AoR in a span: a keyed hash, or itself. */
export type NameAor = (aor: string) => string;

/** Lowest status of a refusal; a challenge (401, 407) is none. */
const REFUSED_STATUS_MIN = 300;
const CHALLENGES: readonly number[] = [401, 407];

/** OpenTelemetry's well-known values of `network.transport`. */
const NETWORK_TRANSPORTS: Readonly<Record<TransportName, "udp" | "tcp">> = {
  udp: "udp",
  tcp: "tcp",
  tls: "tcp",
  ws: "tcp",
  wss: "tcp",
};

/** Shorter users are part of other words by chance. */
const HIDDEN_USER_MIN = 3;

/** The span of a record. */
export function spanDataOf(record: SpanRecord, nameAor: NameAor): SpanData {
  const error = errorOf(record);
  const shown = withoutUser(record.aor, nameAor);
  return {
    name: record.kind === "probe" ? `${record.method} keepalive` : record.method,
    kind: record.kind === "probe" ? SpanKind.CLIENT : SpanKind.SERVER,
    startTime: msToHrTime(record.startWallMs),
    endTime: msToHrTime(record.startWallMs + record.durationMs),
    attributes: present({
      "network.protocol.name": "sip",
      "network.transport": NETWORK_TRANSPORTS[record.transport],
      "sip.transport": record.transport,
      "network.peer.address": record.peerAddress,
      "network.peer.port": record.peerPort,
      "user_agent.original": shown(record.userAgent),
      "sip.domain": readable(record.domain),
      "sip.request.method": record.method,
      "sip.response.status_code": record.status,
      "error.type": error,
      "sip.aor": record.aor === null ? null : nameAor(record.aor),
      "sipulse.sampled_because": record.because,
      ...(record.kind === "probe" ? probeAttributes(record) : registerAttributes(record, shown)),
    }),
    links: record.kind === "probe" && record.registration !== null ? [{ context: contextOf(record.registration) }] : [],
    status: error === null ? { code: SpanStatusCode.UNSET } : { code: SpanStatusCode.ERROR, message: error },
  };
}

/** Why the request counts as failed, as a metric's `reason` or a SIP status; `null` when it does not. */
export function errorOf(record: SpanRecord): string | null {
  if (record.kind === "probe") return record.reason;
  const { status } = record;
  return status !== null && status >= REFUSED_STATUS_MIN && !CHALLENGES.includes(status) ? String(status) : null;
}

/** The span a record names, as another span or a log record refers to it. */
export function contextOf({ traceId, spanId }: SpanIds) {
  return { traceId, spanId, traceFlags: TraceFlags.SAMPLED };
}

/** Text off the wire as Unicode; what is not UTF-8 is shown as latin1. */
export function readable(text: string | null): string | null {
  if (text === null) return null;
  const decoded = toStoredText(text);
  return typeof decoded === "string" ? decoded : text;
}

/**
 * `readable`, with the user of a hashed AoR replaced by the hash: some phones make their Call-IDs from it.
 */
function withoutUser(aor: string | null, nameAor: NameAor): typeof readable {
  const user = readable(aor)?.split("@")[0] ?? "";
  if (aor === null || user.length < HIDDEN_USER_MIN) return readable;
  const name = nameAor(aor);
  if (name === readable(aor)) return readable;
  return (text) => readable(text)?.replaceAll(user, name) ?? null;
}

function probeAttributes({ ruid, change, isImprecise }: ProbeRecord) {
  return {
    "sip.ruid": ruid,
    "sip.keepalive.from_state": change?.from ?? null,
    "sip.keepalive.to_state": change?.to ?? null,
    "sip.keepalive.imprecise": isImprecise ? true : null,
  };
}

function registerAttributes({ callId, cseq, ruids }: RegisterRecord, shown: typeof readable) {
  return {
    "sip.call_id": shown(callId),
    "sip.cseq": shown(cseq),
    "sip.ruid": ruids[0] ?? null,
  };
}

/** Without the attributes that have no value. */
function present(attributes: Readonly<Record<string, string | number | boolean | null>>): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== null)) as Attributes;
}

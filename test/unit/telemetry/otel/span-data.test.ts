import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../../../../src/base/random.ts";
import { clearAor, hashedAor } from "../../../../src/telemetry/otel/aor-name.ts";
import { spanDataOf } from "../../../../src/telemetry/otel/span-data.ts";
import { aProbeRecord, aRegisterRecord } from "../../../fakes/span-records.ts";

const hashed = hashedAor(seededRandom(1));

test("a probe is a CLIENT span with the attributes of the catalogue", () => {
  expect(spanDataOf(aProbeRecord(), hashed)).toEqual({
    name: "OPTIONS keepalive",
    kind: SpanKind.CLIENT,
    startTime: [1_800_000_000, 0],
    endTime: [1_800_000_000, 23_500_000],
    attributes: {
      "network.protocol.name": "sip",
      "network.transport": "udp",
      "sip.transport": "udp",
      "network.peer.address": "192.0.2.7",
      "network.peer.port": 5_060,
      "user_agent.original": "acme/1.0",
      "sip.domain": "example.org",
      "sip.request.method": "OPTIONS",
      "sip.response.status_code": 200,
      "sip.aor": hashed("alice@example.org"),
      "sipulse.sampled_because": "ratio",
      "sip.ruid": "uloc-1",
    },
    links: [],
    status: { code: SpanStatusCode.UNSET },
  });
});

test("a REGISTER is a SERVER span with Call-ID and CSeq", () => {
  const { name, kind, attributes } = spanDataOf(aRegisterRecord(), hashed);
  expect({ name, kind }).toEqual({ name: "REGISTER", kind: SpanKind.SERVER });
  expect(attributes).toMatchObject({
    "sip.call_id": "969f6c5bdb870137",
    "sip.cseq": "1 REGISTER",
    "sip.ruid": "uloc-1",
  });
});

describe("error.type and the status of the span", () => {
  test.each([
    { record: aProbeRecord({ status: 486 }), error: undefined, because: "any final response is an answer" },
    { record: aProbeRecord({ status: null, reason: "timeout" }), error: "timeout", because: "the metric's reason" },
    { record: aRegisterRecord({ status: 200 }), error: undefined, because: "it was accepted" },
    { record: aRegisterRecord({ status: 401 }), error: undefined, because: "a challenge is half a registration" },
    { record: aRegisterRecord({ status: 423 }), error: "423", because: "it was refused" },
    { record: aRegisterRecord({ status: 503 }), error: "503", because: "we could not" },
  ])("$record.kind $record.status -> $error: $because", ({ record, error }) => {
    const { attributes, status } = spanDataOf(record, hashed);
    expect(attributes["error.type"]).toBe(error);
    expect(status.code).toBe(error === undefined ? SpanStatusCode.UNSET : SpanStatusCode.ERROR);
  });
});

test.each([
  { transport: "udp", network: "udp" },
  { transport: "tcp", network: "tcp" },
  { transport: "tls", network: "tcp" },
  { transport: "ws", network: "tcp" },
  { transport: "wss", network: "tcp" },
] as const)("$transport is $network to the network, and itself to SIP", ({ transport, network }) => {
  const { attributes } = spanDataOf(aProbeRecord({ transport }), hashed);
  expect(attributes).toMatchObject({ "network.transport": network, "sip.transport": transport });
});

test("what is not known has no attribute, rather than an empty one", () => {
  const { attributes } = spanDataOf(aProbeRecord({ status: null, userAgent: null, aor: null }), hashed);
  expect(Object.keys(attributes)).not.toContain("user_agent.original");
  expect(Object.keys(attributes)).not.toContain("sip.response.status_code");
  expect(Object.keys(attributes)).not.toContain("sip.aor");
});

test("a probe that changed the state says from what to what, links to its REGISTER, and says when it is imprecise", () => {
  const registration = { traceId: "1".repeat(32), spanId: "2".repeat(16) };
  const change = { from: "reachable", to: "unreachable" } as const;
  const { attributes, links } = spanDataOf(aProbeRecord({ change, registration, isImprecise: true }), hashed);
  expect(attributes).toMatchObject({
    "sip.keepalive.from_state": "reachable",
    "sip.keepalive.to_state": "unreachable",
    "sip.keepalive.imprecise": true,
  });
  expect(links).toEqual([{ context: { ...registration, traceFlags: 1 } }]);
});

test.each([
  { wire: "caf\u00c3\u00a9", shown: "café", because: "UTF-8 off the wire" },
  { wire: "caf\u00e9", shown: "café", because: "latin1 off the wire" },
])("the user agent $wire is shown as $shown: $because", ({ wire, shown }) => {
  expect(spanDataOf(aProbeRecord({ userAgent: wire }), hashed).attributes["user_agent.original"]).toBe(shown);
});

describe("the AoR", () => {
  test("is 16 hex digits, the same for the same AoR, and says nothing of it", () => {
    expect(hashed("alice@example.org")).toMatch(/^[0-9a-f]{16}$/);
    expect(hashed("alice@example.org")).toBe(hashed("alice@example.org"));
    expect(hashed("alice@example.org")).not.toBe(hashed("bob@example.org"));
  });

  test("has another hash under another key: names cannot be tried out", () => {
    expect(hashedAor(seededRandom(2))("alice@example.org")).not.toBe(hashed("alice@example.org"));
  });

  test.each([
    { callId: "alice-7781@host", shown: `${hashed("alice@example.org")}-7781@host`, because: "the user is in it" },
    { callId: "969f6c5bdb87", shown: "969f6c5bdb87", because: "it says nothing of the user" },
  ])("does not leave by the Call-ID $callId: $because", ({ callId, shown }) => {
    expect(spanDataOf(aRegisterRecord({ callId }), hashed).attributes["sip.call_id"]).toBe(shown);
    expect(spanDataOf(aRegisterRecord({ callId }), clearAor).attributes["sip.call_id"]).toBe(callId);
  });

  test("is in the clear only when that was asked for", () => {
    expect(JSON.stringify(spanDataOf(aProbeRecord(), hashed))).not.toContain("alice");
    expect(spanDataOf(aProbeRecord(), clearAor).attributes["sip.aor"]).toBe("alice@example.org");
  });
});

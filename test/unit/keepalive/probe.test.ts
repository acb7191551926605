import { Buffer } from "node:buffer";
import { describe, expect, test } from "vitest";
import { defaultFrom, type ProbeParts, printProbe } from "../../../src/keepalive/probe.ts";
import { printBranch } from "../../../src/keepalive/token.ts";
import { parseNameAddr } from "../../../src/sip/syntax/address.ts";
import type { SipRequest } from "../../../src/sip/syntax/message.ts";
import { checkRequest, parseMessage } from "../../../src/sip/syntax/parse.ts";
import { parseUri } from "../../../src/sip/syntax/uri.ts";
import { parseVia } from "../../../src/sip/syntax/via.ts";

function aProbe(fields: Partial<ProbeParts> = {}): ProbeParts {
  return {
    method: "OPTIONS",
    requestUri: "sip:alice@192.0.2.7:5060",
    viaTransport: "UDP",
    sentBy: "198.51.100.1:5060",
    branch: printBranch(1, 2, 3, 4),
    path: null,
    from: "sip:keepalive@example.org",
    aor: "alice@example.org",
    domain: "keepalive.invalid",
    tag: 0x11,
    callIdHigh: 0x22,
    callIdLow: 0x33,
    ...fields,
  };
}

/** As a phone reads it: parsed, and checked as strictly as we check others. */
function read(fields: Partial<ProbeParts> = {}): SipRequest {
  const message = parseMessage(Buffer.from(printProbe(aProbe(fields)), "latin1"));
  if (message.kind !== "request") throw new Error("a probe must be a request");
  checkRequest(message);
  return message;
}

describe("a probe", () => {
  test("is this text, octet for octet (RFC 3261 §8.1.1)", () => {
    expect(printProbe(aProbe())).toBe(
      [
        "OPTIONS sip:alice@192.0.2.7:5060 SIP/2.0",
        "Via: SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bKsp00000001000000020000000300000004;rport",
        "Max-Forwards: 70",
        "From: <sip:keepalive@example.org>;tag=00000011",
        "To: <sip:alice@example.org>",
        "Call-ID: 0000002200000033@sipulse",
        "CSeq: 1 OPTIONS",
        "User-Agent: sipulse",
        "Content-Length: 0",
        "",
        "",
      ].join("\r\n"),
    );
  });

  test.each([
    { fields: {}, because: "ordinary" },
    { fields: { method: "INFO" }, because: "another method, in the request line and in CSeq" },
    { fields: { sentBy: "[2001:db8::1]:5060" }, because: "IPv6 sent-by" },
    { fields: { viaTransport: "TCP" }, because: "over a stream" },
    { fields: { requestUri: "sips:alice@[2001:db8::9]:5061;transport=tcp" }, because: "IPv6 contact" },
    { fields: { requestUri: "sip:192.0.2.7" }, because: "a contact without user" },
    { fields: { aor: "alice" }, because: "an AoR without domain" },
    { fields: { aor: "example.org" }, because: "an AoR without user" },
    { fields: { aor: "[2001:db8::1]" }, because: "an AoR that is an IPv6 address" },
    { fields: { aor: "bob@[2001:db8::1]" }, because: "an IPv6 domain" },
    { fields: { aor: "al%20ice;x=y@example.org" }, because: "a user with escapes and parameters" },
    { fields: { path: "<sip:edge.example.org;lr>" }, because: "with a Path" },
    { fields: { from: "sips:monitor@example.org" }, because: "a configured From" },
  ])("is a valid request: $because", ({ fields }) => {
    const request = read(fields);
    const { headers } = request;
    expect(request.method).toBe(fields.method ?? "OPTIONS");
    expect(request.requestUri).toBe(fields.requestUri ?? "sip:alice@192.0.2.7:5060");
    expect(headers.first("max-forwards")).toBe("70");
    expect(parseVia(headers.first("via") ?? "")).toMatchObject({ branch: aProbe().branch });
    expect(parseUri(parseNameAddr(headers.first("to") ?? "", "to").uri).scheme).toBe("sip");
    expect(headers.first("from")).toMatch(/;tag=/);
    expect(headers.first("to")).not.toMatch(/;tag=/);
    expect(request.body).toBe("");
  });

  test("goes through the stored Path, in its order (RFC 3327 §5.1)", () => {
    const { headers } = read({ path: "<sip:p1.example.org;lr>,<sip:p2.example.org;lr>" });
    expect(headers.list("route")).toEqual(["<sip:p1.example.org;lr>", "<sip:p2.example.org;lr>"]);
    expect(read().headers.count("route")).toBe(0);
  });

  test.each([
    { aor: "alice@example.org", to: "<sip:alice@example.org>", because: "the AoR is complete" },
    { aor: "alice", to: "<sip:alice@keepalive.invalid>", because: "it gets the configured domain" },
    { aor: "[2001:db8::1]", to: "<sip:[2001:db8::1]>", because: "a bracket is not allowed in a user" },
  ])("To of $aor is $to: $because", ({ aor, to }) => {
    expect(read({ aor }).headers.first("to")).toBe(to);
  });
});

describe("defaultFrom()", () => {
  test.each([
    { aor: "alice@example.org", from: "sip:keepalive@example.org", because: "the domain of the AoR" },
    { aor: "alice", from: "sip:keepalive@fallback.example", because: "the AoR has none" },
    { aor: "a@b@[2001:db8::1]", from: "sip:keepalive@[2001:db8::1]", because: "the last @ divides" },
    { aor: "[2001:db8::1]", from: "sip:keepalive@fallback.example", because: "an address is not asked for a domain" },
  ])("of $aor is $from: $because", ({ aor, from }) => {
    expect(defaultFrom(aor, "fallback.example")).toBe(from);
  });
});

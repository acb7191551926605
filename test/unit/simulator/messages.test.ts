import { describe, expect, test } from "vitest";
import { seededRandom } from "../../../src/base/random.ts";
import { contactUri, instanceUrn, judgeRegisterReply } from "../../../src/simulator/messages.ts";
import type { SipResponse } from "../../../src/sip/syntax/message.ts";
import { parseMessage } from "../../../src/sip/syntax/parse.ts";

const OURS = "sip:sim0000042@127.0.0.1:40001";

function aResponse(status: number, headers: readonly string[]): SipResponse {
  const text = [`SIP/2.0 ${status} Because`, ...headers, "Content-Length: 0", "", ""].join("\r\n");
  return parseMessage(Buffer.from(text, "latin1")) as SipResponse;
}

describe("judgeRegisterReply()", () => {
  test.each([
    {
      headers: [`Contact: <${OURS}>;expires=120`],
      expiresS: 120,
      because: "the registrar may shorten (RFC 3261 §10.3 step 8)",
    },
    {
      headers: ["Contact: <sip:other@192.0.2.1>;expires=7", `Contact: <${OURS}>;expires=120`],
      expiresS: 120,
      because: "other bindings of the AoR are not ours",
    },
    {
      headers: [`m: <sip:other@192.0.2.1>;expires=7, <${OURS}>;expires=120`],
      expiresS: 120,
      because: "one line with two contacts, compact name",
    },
    {
      headers: [`Contact: <${OURS}>`, "Expires: 90"],
      expiresS: 90,
      because: "Expires holds for a contact without its own",
    },
    { headers: [`Contact: <${OURS}>`], expiresS: 600, because: "nothing said means as asked" },
    {
      headers: ["Contact: <sip:sim0000042@127.0.0.1:40001;transport=UDP>;expires=120"],
      expiresS: null,
      because: "a URI with another transport parameter is another URI (RFC 3261 §19.1.4)",
    },
    {
      headers: ["Contact: <SIP:sim0000042@127.0.0.1:40001>;expires=120"],
      expiresS: 120,
      because: "the scheme is case-insensitive (RFC 3261 §19.1.4)",
    },
    { headers: ["Contact: <sip:other@192.0.2.1>;expires=7"], expiresS: null, because: "we are not in it" },
    { headers: [`Contact: <${OURS}>;expires=0`], expiresS: null, because: "no lifetime is no binding" },
    { headers: ["Contact: <<<"], expiresS: null, because: "unreadable" },
    { headers: ["Contact: *"], expiresS: null, because: "means nothing in a response" },
    { headers: [], expiresS: null, because: "a 200 must list the bindings (RFC 3261 §10.3 step 8)" },
  ])("200 with $headers grants $expiresS: $because", ({ headers, expiresS }) => {
    const verdict = judgeRegisterReply(aResponse(200, headers), { contact: OURS, expiresS: 600 });
    expect(verdict).toEqual(
      expiresS === null ? { kind: "refused", status: 200, retryAfterS: null } : { kind: "bound", expiresS },
    );
  });

  test.each([
    { status: 423, headers: ["Min-Expires: 900"], verdict: { kind: "too-brief", minExpiresS: 900 } },
    { status: 423, headers: ["Min-Expires: 600"], verdict: { kind: "refused", status: 423, retryAfterS: null } },
    { status: 423, headers: [], verdict: { kind: "refused", status: 423, retryAfterS: null } },
    { status: 503, headers: ["Retry-After: 30"], verdict: { kind: "refused", status: 503, retryAfterS: 30 } },
    {
      status: 503,
      headers: ["Retry-After: 18000;duration=3600"],
      verdict: { kind: "refused", status: 503, retryAfterS: 18_000 },
    },
    {
      status: 503,
      headers: ["Retry-After: 120 (I'm in a meeting)"],
      verdict: { kind: "refused", status: 503, retryAfterS: 120 },
    },
    { status: 503, headers: ["Retry-After: soon"], verdict: { kind: "refused", status: 503, retryAfterS: null } },
    { status: 401, headers: [], verdict: { kind: "refused", status: 401, retryAfterS: null } },
    { status: 302, headers: [`Contact: <${OURS}>`], verdict: { kind: "refused", status: 302, retryAfterS: null } },
  ])("$status with $headers is $verdict.kind", ({ status, headers, verdict }) => {
    expect(judgeRegisterReply(aResponse(status, headers), { contact: OURS, expiresS: 600 })).toEqual(verdict);
  });
});

test("a contact over UDP is bare, over TCP it names the transport, and IPv6 stays in brackets", () => {
  expect(contactUri("sim0000042", { transport: "udp", local: "127.0.0.1:40001" })).toBe(OURS);
  expect(contactUri("sim0000042", { transport: "tcp", local: "[::1]:40001" })).toBe(
    "sip:sim0000042@[::1]:40001;transport=tcp",
  );
});

test.each([...Array(50).keys()])(
  "seed %i: an instance is a UUID of version 4 and variant 1 (RFC 4122 §4.4)",
  (seed) => {
    expect(instanceUrn(seededRandom(seed))).toMatch(
      /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  },
);

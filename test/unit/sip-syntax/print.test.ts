/**
 * Printed requests and replies, octet for octet.
 *
 * @module
 */
import { describe, expect, test } from "vitest";
import type { SipRequest } from "../../../src/sip/syntax/message.ts";
import { checkRequest, parseMessage } from "../../../src/sip/syntax/parse.ts";
import { printReply, printRequest, reasonPhrase } from "../../../src/sip/syntax/print.ts";
import { aRegister, octetsOf, refusalOf, registerText, tortureOctets } from "./messages.ts";

const SOURCE = { address: "192.0.2.7", port: 40_000 };

/** The first Via line of a 200 to a request with this Via. */
function viaOfReply(via: string, source = SOURCE): string | undefined {
  const request = aRegister({ lines: { Via: `Via: ${via}` } });
  const text = printReply(request, { status: 200, reason: "OK", toTag: "t", source });
  return /^Via: (.*)$/m.exec(text.replaceAll("\r", ""))?.[1];
}

describe("printReply", () => {
  test("copies Via, From, To, Call-ID and CSeq, adds its own headers and the length (R19, RFC 3261 §8.2.6.2)", () => {
    const request = aRegister({ more: ["v: SIP/2.0/TCP p;branch=2, SIP/2.0/TCP q;branch=3"] });
    const headers = [
      ["Contact", "<sip:alice@10.0.0.9:5060>;expires=60"],
      ["Date", "Thu, 01 Jan 1970 00:00:00 GMT"],
    ] as const;
    const text = printReply(request, { status: 200, reason: "OK", toTag: "t1", source: SOURCE, headers, body: "ab" });
    expect(text.split("\r\n")).toEqual([
      "SIP/2.0 200 OK",
      "Via: SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bK1;rport=40000;received=192.0.2.7",
      "Via: SIP/2.0/TCP p;branch=2, SIP/2.0/TCP q;branch=3",
      "From: <sip:alice@example.org>;tag=a1",
      "To: <sip:alice@example.org>;tag=t1",
      "Call-ID: c1",
      "CSeq: 7 REGISTER",
      "Contact: <sip:alice@10.0.0.9:5060>;expires=60",
      "Date: Thu, 01 Jan 1970 00:00:00 GMT",
      "Content-Length: 2",
      "",
      "ab",
    ]);
  });

  test.each([
    { to: "<sip:a@h>", printed: "<sip:a@h>;tag=t", because: "there was no tag" },
    { to: "<sip:a@h>;tag=x", printed: "<sip:a@h>;tag=x", because: "there was one" },
    { to: "sip:a@h;Tag = x", printed: "sip:a@h;Tag = x", because: "there was one, spelled oddly" },
    { to: '"tag=" <sip:a@h;tag=1>', printed: '"tag=" <sip:a@h;tag=1>;tag=t', because: "those are no tags" },
    { to: '"not closed <sip:a@h>', printed: '"not closed <sip:a@h>', because: "nobody can read it" },
  ])("To $to goes back as $printed: $because", ({ to, printed }) => {
    const request = aRegister({ lines: { To: `To: ${to}` } });
    const text = printReply(request, { status: 400, reason: "Bad Request", toTag: "t", source: SOURCE });
    expect(text).toContain(`\r\nTo: ${printed}\r\n`);
  });

  test.each([
    { via: "SIP/2.0/UDP 192.0.2.7;branch=b", printed: "SIP/2.0/UDP 192.0.2.7;branch=b", because: "it is the source" },
    {
      via: "SIP/2.0/UDP 10.0.0.1;branch=b",
      printed: "SIP/2.0/UDP 10.0.0.1;branch=b;received=192.0.2.7",
      because: "another address (RFC 3261 §18.2.1)",
    },
    {
      via: "SIP/2.0/UDP phone.example:5060;branch=b",
      printed: "SIP/2.0/UDP phone.example:5060;branch=b;received=192.0.2.7",
      because: "a name",
    },
    {
      via: "SIP/2.0/UDP 192.0.2.7;rport;branch=b",
      printed: "SIP/2.0/UDP 192.0.2.7;rport=40000;branch=b;received=192.0.2.7",
      because: "rport wants both, even from the same address (RFC 3581 §4)",
    },
    {
      via: "SIP/2.0/UDP 192.0.2.7;branch=b;received=6.6.6.6",
      printed: "SIP/2.0/UDP 192.0.2.7;branch=b",
      because: "a client cannot say where it is",
    },
    {
      via: "SIP/2.0/UDP 10.0.0.1;received=6.6.6.6;rport=666;branch=b",
      printed: "SIP/2.0/UDP 10.0.0.1;rport=40000;branch=b;received=192.0.2.7",
      because: "nor from which port",
    },
    {
      via: 'SIP/2.0/UDP 10.0.0.1;branch=b;x="a;b\\""',
      printed: 'SIP/2.0/UDP 10.0.0.1;branch=b;x="a;b\\"";received=192.0.2.7',
      because: "quoted values stay quoted",
    },
    {
      via: "SIP/2.0/UDP 10.0.0.1;branch=b, SIP/2.0/UDP p;branch=c;rport",
      printed: "SIP/2.0/UDP 10.0.0.1;branch=b;received=192.0.2.7, SIP/2.0/UDP p;branch=c;rport",
      because: "only the topmost is ours to mark",
    },
  ])("Via $via goes back as $printed: $because", ({ via, printed }) => {
    expect(viaOfReply(via)).toBe(printed);
  });

  test("an IPv6 source equals its reference in brackets, and is written without (RFC 3261 §25.1)", () => {
    const source = { address: "2001:db8::7", port: 5_060 };
    expect(viaOfReply("SIP/2.0/UDP [2001:DB8::7];branch=b", source)).toBe("SIP/2.0/UDP [2001:DB8::7];branch=b");
    expect(viaOfReply("SIP/2.0/UDP [::1];branch=b", source)).toBe("SIP/2.0/UDP [::1];branch=b;received=2001:db8::7");
  });

  test("a header the request lacks is left out (RFC 4475 §3.3.1)", () => {
    const message = parseMessage(tortureOctets("rfc4475/insuf")) as SipRequest;
    const text = printReply(message, { status: 400, reason: "Bad Request", toTag: "t", source: SOURCE });
    expect(text.split("\r\n")).toEqual([
      "SIP/2.0 400 Bad Request",
      "Via: SIP/2.0/UDP 192.0.2.95;branch=z9hG4bKkdj.insuf;received=192.0.2.7",
      "CSeq: 193942 INVITE",
      "Content-Length: 0",
      "",
      "",
    ]);
  });

  test("the request that a refusal carries can be answered", () => {
    const { request } = refusalOf(() => parseMessage(octetsOf(registerText({ startLine: "REGISTER sip:h SIP/9.0" }))));
    if (request === null) throw new TypeError("it must be answerable");
    const text = printReply(request, { status: 505, reason: reasonPhrase(505), toTag: "t", source: SOURCE });
    expect(text).toMatch(/^SIP\/2\.0 505 Version Not Supported\r\nVia: /);
  });

  test.each([
    { vias: ["Via:", "Via: SIP/2.0/UDP h;branch=z9hG4bK1"], because: "an empty line before the top Via" },
    { vias: ["v: ", "Via: SIP/2.0/UDP h;branch=z9hG4bK1", "Via:"], because: "empty lines around it" },
  ])("what a refusal calls answerable is answered, with $because", ({ vias }) => {
    const text = ["OPTIONS sip:h SIP/2.0", ...vias, "From: <sip:a@h>;tag=1", "Content-Length: 0", "", ""].join("\r\n");
    const { request } = refusalOf(() => checkRequest(parseMessage(octetsOf(text)) as SipRequest));
    if (request === null) throw new TypeError("it must be answerable");
    const reply = printReply(request, { status: 400, reason: "Bad Request", toTag: "t", source: SOURCE });
    expect(reply).toContain("Via: SIP/2.0/UDP h;branch=z9hG4bK1;received=192.0.2.7\r\nFrom: ");
    expect(reply.match(/^Via:/gm)).toHaveLength(1);
  });

  test.each(["a\r\nX: y", "a\nX: y", "a\r"])("a header value %j is refused: it would begin another header", (value) => {
    const reply = { status: 200, reason: "OK", toTag: "t", source: SOURCE, headers: [["Subject", value]] as const };
    expect(() => printReply(aRegister(), reply)).toThrow(RangeError);
  });
});

describe("printRequest", () => {
  test("prints start line, headers in order, length and body", () => {
    const headers = [
      ["Via", "SIP/2.0/UDP h;branch=z9hG4bK1"],
      ["Max-Forwards", "70"],
    ] as const;
    expect(printRequest({ method: "OPTIONS", requestUri: "sip:a@h", headers, body: "\xe4b" })).toBe(
      "OPTIONS sip:a@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nMax-Forwards: 70\r\nContent-Length: 2\r\n\r\n\xe4b",
    );
  });
});

describe("reasonPhrase", () => {
  test.each([
    [200, "OK"],
    [423, "Interval Too Brief"],
    [505, "Version Not Supported"],
    [299, "OK"],
    [499, "Bad Request"],
    [999, "Unknown"],
  ])("%i is %s (RFC 3261 §21; an unknown one is called by its class, §8.1.3.2)", (status, phrase) => {
    expect(reasonPhrase(status)).toBe(phrase);
  });
});

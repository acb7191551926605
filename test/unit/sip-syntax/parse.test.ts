/**
 * Messages as a whole: framing, line ends, limits, and what a refusal carries.
 *
 * @module
 */
import { describe, expect, test } from "vitest";
import { detach } from "../../../src/sip/syntax/chars.ts";
import { PARSE_REASONS } from "../../../src/sip/syntax/errors.ts";
import { checkRequest, parseMessage } from "../../../src/sip/syntax/parse.ts";
import { aRegister, octetsOf, refusalOf, registerText, verdictOf } from "./messages.ts";

describe("framing (R48, RFC 3261 §18.3)", () => {
  test.each([
    { length: "4", body: "abcd", read: "abcd", because: "exactly" },
    { length: "2", body: "abcd", read: "ab", because: "the excess is dropped" },
    { length: "0", body: "abcd", read: "", because: "all is excess" },
    { length: "0004", body: "abcd", read: "abcd", because: "leading zeros" },
    { length: null, body: "abcd", read: "abcd", because: "without Content-Length the rest is the body" },
  ])("Content-Length $length of $body gives $read: $because", ({ length, body, read }) => {
    const lines = { "Content-Length": length === null ? null : `Content-Length: ${length}` };
    expect(aRegister({ lines, body }).body).toBe(read);
  });

  test.each([
    { length: "5", verdict: "400 truncated" },
    { length: "-1", verdict: "400 content_length" },
    { length: "4, 4", verdict: "400 content_length" },
    { length: "+4", verdict: "400 content_length" },
    { length: "0x4", verdict: "400 content_length" },
    { length: "", verdict: "400 content_length" },
    { length: "99999999999999999999", verdict: "400 content_length" },
  ])("Content-Length $length of four octets is $verdict", ({ length, verdict }) => {
    const lines = { "Content-Length": `Content-Length: ${length}` };
    expect(verdictOf(octetsOf(registerText({ lines, body: "abcd" })))).toBe(verdict);
  });

  test("leading CRLFs are passed over (R50, RFC 3261 §7.5)", () => {
    expect(verdictOf(octetsOf(`\r\n\r\n\r\n${registerText()}`))).toBe("ok");
  });

  test.each(["", "\r\n", "\r\n\r\n"])("%j is empty", (text) => {
    expect(refusalOf(() => parseMessage(octetsOf(text)))).toMatchObject({ reason: "empty", request: null });
  });

  test("one character is one octet, whatever the octet", () => {
    const octets = Buffer.concat([
      octetsOf(registerText({ lines: { "Content-Length": null } })),
      Buffer.from([0, 0x80, 0xff]),
    ]);
    expect(parseMessage(octets).body).toBe("\x00\x80\xff");
  });

  test("the octets may be reused after parsing", () => {
    const octets = octetsOf(registerText());
    const message = parseMessage(octets);
    octets.fill(0x58);
    expect(message.headers.first("call-id")).toBe("c1");
  });
});

describe("line ends (RFC 3261 §7)", () => {
  test.each([
    { more: ["Z: a\nY: b"], because: "a bare LF between headers" },
    { more: ["Z: a\rY: b"], because: "a bare CR between headers" },
    { more: ["Z: a\n b"], because: "a bare LF that looks like a fold" },
    { more: ["Z: a\r\r"], because: "CRs before the CRLF" },
    { more: ["no colon"], because: "a line without a colon" },
    { more: [": x"], because: "a line without a name" },
    { more: ["two words: x"], because: "white space inside a name" },
    { more: ["na(me: x"], because: "a name that is no token" },
  ])("refuses $because, and the request can be answered", ({ more }) => {
    expect(verdictOf(octetsOf(registerText({ more })))).toBe("400 header");
  });

  test("a fold before the first header is refused", () => {
    expect(verdictOf(octetsOf(registerText({ startLine: "REGISTER sip:h SIP/2.0\r\n Z: a" })))).toBe("400 header");
  });

  test("a broken line in front does not hide the headers behind it", () => {
    const text = registerText().replace("Via:", "Z: a\nb\r\nVia:");
    const { request } = refusalOf(() => parseMessage(octetsOf(text)));
    expect(request?.headers.first("call-id")).toBe("c1");
    expect(request?.headers.first("z")).toBe(null);
  });

  test.each(["\n", "\n\n", "REGISTER sip:h SIP/2.0\n\n"])("%j is no message", (text) => {
    expect(verdictOf(octetsOf(text))).toBe("dropped");
  });

  test("a message cut at any octet of its head is refused, never misread", () => {
    const text = registerText();
    for (let length = 0; length < text.length; length++) {
      expect(refusalOf(() => parseMessage(octetsOf(text.slice(0, length)))).reason).toMatch(/^(empty|truncated)$/);
    }
  });
});

describe("start line (RFC 3261 §7.1)", () => {
  test.each([
    { line: "REGISTER sip:h SIP/2.0", verdict: "ok", because: "as it must be" },
    { line: "REGISTER  sip:h SIP/2.0", verdict: "400 start_line", because: "two spaces" },
    { line: "REGISTER sip:h SIP/2.0 ", verdict: "400 start_line", because: "a space at the end" },
    { line: "REGISTER\tsip:h SIP/2.0", verdict: "400 start_line", because: "a tab" },
    { line: " REGISTER sip:h SIP/2.0", verdict: "400 start_line", because: "a space in front" },
    { line: "REGISTER sip:h", verdict: "400 start_line", because: "no version" },
    { line: "REG/STER sip:h SIP/2.0", verdict: "400 start_line", because: "a method that is no token" },
    { line: "REGISTER <sip:h> SIP/2.0", verdict: "400 uri", because: "<>" },
    { line: "REGISTER sip:h\t SIP/2.0", verdict: "400 uri", because: "a tab inside the URI" },
    { line: "REGISTER sip:h?x=y SIP/2.0", verdict: "400 uri", because: "headers in the URI" },
    { line: "REGISTER nothing SIP/2.0", verdict: "400 uri", because: "no scheme" },
    { line: "REGISTER urn:service:sos SIP/2.0", verdict: "416 uri", because: "an unknown scheme" },
    { line: "REGISTER tel:+1 SIP/2.0", verdict: "ok", because: "tel is syntax we know" },
  ])("$line -> $verdict: $because", ({ line, verdict }) => {
    expect(verdictOf(octetsOf(registerText({ startLine: line })))).toBe(verdict);
  });

  test.each([
    { line: "SIP/2.0 200 OK", status: 200, reason: "OK" },
    { line: "SIP/2.0 200 ", status: 200, reason: "" },
    { line: "SIP/2.0 200", status: 200, reason: "" },
    { line: "sip/2.0 699  x", status: 699, reason: " x" },
  ])("$line is a response", ({ line, status, reason }) => {
    expect(parseMessage(octetsOf(`${line}\r\n\r\n`))).toMatchObject({ kind: "response", status, reason });
  });

  test.each([
    "SIP/2.0 099 OK",
    "SIP/2.0 700 OK",
    "SIP/2.0 200OK",
    "SIP/2.0 2x0 OK",
    "SIP/2.0200 OK",
    "SIP/2.0",
    "SIP/ 200 OK",
    "SIP/3.0 200 OK",
  ])("%s is neither", (line) => {
    expect(refusalOf(() => parseMessage(octetsOf(`${line}\r\n\r\n`))).reason).toBe("start_line");
  });
});

describe("limits", () => {
  const withLines = (count: number) => registerText({ more: new Array<string>(count - 8).fill("Z: y") });
  const withVias = (count: number) => registerText({ more: new Array<string>(count - 1).fill("v: SIP/2.0/UDP h") });
  test.each([
    { text: withLines(128), verdict: "ok", because: "128 header lines" },
    { text: withLines(129), verdict: "513 header_limit", because: "129 header lines" },
    { text: registerText({ more: [`Z:${"y".repeat(8_191)}`] }), verdict: "ok", because: "a value of 8,191 octets" },
    { text: registerText({ more: [`Z:${"y".repeat(8_192)}`] }), verdict: "513 header_limit", because: "one of 8,192" },
    { text: withVias(64), verdict: "ok", because: "64 Vias" },
    { text: withVias(65), verdict: "400 via", because: "65 Vias" },
  ])("$because: $verdict", ({ text, verdict }) => {
    expect(verdictOf(octetsOf(text))).toBe(verdict);
  });

  test("65,535 octets are a message, 65,536 are not", () => {
    const text = registerText({ lines: { "Content-Length": null } });
    const octets = Buffer.concat([octetsOf(text), Buffer.alloc(65_535 - text.length, 0x78)]);
    expect(parseMessage(octets).body).toHaveLength(65_535 - text.length);
    const refusal = refusalOf(() => parseMessage(Buffer.concat([octets, Buffer.from("x")])));
    expect(refusal).toMatchObject({ reason: "size", status: 513, request: null });
  });
});

describe("what a refusal carries", () => {
  test("the offset points into the message", () => {
    const text = registerText({ lines: { CSeq: "CSeq: 7 REGI STER" } });
    const { offset, reason } = refusalOf(() => checkRequest(parseOf(text)));
    expect(reason).toBe("cseq");
    expect(text.slice(offset)).toMatch(/^ ?(7 )?REGI STER/);
  });

  test("the message quotes what was wrong and says what would be right", () => {
    const { message } = refusalOf(() => checkRequest(aRegister({ lines: { CSeq: "CSeq: x REGISTER" } })));
    expect(message).toContain('got "x REGISTER"');
  });

  test("a long text is quoted in part", () => {
    const { message } = refusalOf(() => parseMessage(octetsOf(`${"x".repeat(5_000)}\r\n\r\n`)));
    expect(message.length).toBeLessThan(200);
  });

  test("reasons are label words, each once", () => {
    expect(new Set(PARSE_REASONS).size).toBe(PARSE_REASONS.length);
    for (const reason of PARSE_REASONS) expect(reason).toMatch(/^[a-z_]+$/);
  });

  test.each(["a b", "a\tb", ""])("Call-ID %j is refused", (callId) => {
    expect(verdictOf(octetsOf(registerText({ lines: { "Call-ID": `Call-ID: ${callId}` } })))).toBe("400 call_id");
  });

  test.each(["256", "-1", "x", "", "7 0"])("Max-Forwards %j is refused", (value) => {
    const lines = { "Max-Forwards": `Max-Forwards: ${value}` };
    expect(verdictOf(octetsOf(registerText({ lines })))).toBe("400 max_forwards");
  });
});

function parseOf(text: string) {
  const message = parseMessage(octetsOf(text));
  if (message.kind !== "request") throw new TypeError("must be a request");
  return message;
}

describe("headers by name", () => {
  test.each(["__proto__", "constructor", "toString", "hasOwnProperty"])("a header may be called %s", (name) => {
    const { headers } = aRegister({ more: [`${name}: 1`] });
    expect(headers.first(name.toLowerCase())).toBe("1");
    expect(aRegister().headers.first(name.toLowerCase())).toBe(null);
  });

  test("unknown names of one length are told apart", () => {
    const { headers } = aRegister({ more: ["X-Aa: 1", "X-Ab: 2", "x-AB: 3"] });
    expect(headers.all("x-ab")).toEqual(["2", "3"]);
    expect(headers.count("x-aa")).toBe(1);
    expect(headers.count("x-ac")).toBe(0);
    expect(headers.offsetOf("x-ac")).toBe(0);
  });

  test("detach() gives an equal text", () => {
    const callId = aRegister({ lines: { "Call-ID": `Call-ID: ${"\xe4".repeat(40)}` } }).headers.first("call-id");
    expect(detach(callId ?? "")).toBe("\xe4".repeat(40));
  });
});

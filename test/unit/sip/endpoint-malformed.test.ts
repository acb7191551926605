import { describe, expect, test } from "vitest";
import { MessageParseError } from "../../../src/sip/syntax/errors.ts";
import { registerText, replyText, requestText } from "../../fakes/sip-text.ts";
import { Bench, statusLine, TCP } from "./bench.ts";

describe("what cannot be read", () => {
  test.each([
    {
      text: requestText({ headers: ["CSeq: 1 X"] }),
      line: "SIP/2.0 400 Bad Request",
      reason: "duplicate_header",
      because: "two CSeq",
    },
    {
      text: requestText().replace("SIP/2.0\r\n", "SIP/3.0\r\n"),
      line: "SIP/2.0 505 Version Not Supported",
      reason: "version",
      because: "another version",
    },
    {
      text: registerText([], { uri: "x:y" }),
      line: "SIP/2.0 416 Unsupported URI Scheme",
      reason: "uri",
      because: "an unknown scheme, also of REGISTER",
    },
    {
      text: requestText({ headers: [`X: ${"y".repeat(9_000)}`] }),
      line: "SIP/2.0 513 Message Too Large",
      reason: "header_limit",
      because: "a header of 9,000 octets",
    },
    {
      text: requestText().replace(/Via:.*\r\n/, ""),
      line: "",
      reason: "missing_header",
      because: "without Via there is no way back",
    },
    {
      text: requestText().replace("Max-Forwards: 70\r\n", ""),
      line: "SIP/2.0 400 Bad Request",
      reason: "missing_header",
      because: "Max-Forwards is needed",
    },
    {
      text: requestText({ method: "ACK" }).replace("1 ACK", "1 BYE"),
      line: "",
      reason: "cseq",
      because: "an ACK is never answered",
    },
    { text: "\0\x01\x02", line: "", reason: "truncated", because: "not even a line" },
    { text: "hello\r\n\r\n", line: "", reason: "start_line", because: "no request line" },
    {
      text: "SIP/2.0 200 OK\r\nVia: x\r\n\r\n".replace("SIP", "sip"),
      line: "",
      reason: null,
      because: "a response in another case is dropped",
    },
  ])("$because -> '$line'", ({ text, line, reason }) => {
    const bench = new Bench();
    expect(statusLine(bench.answerTo(text))).toBe(line);
    expect(bench.observed.filter((one) => one.startsWith("failed"))).toEqual(
      reason === null ? [] : [`failed udp ${reason}`],
    );
    expect(bench.registered).toEqual([]);
  });

  test("a Contact that the registrar cannot read is counted and answered, and again on a retransmission", () => {
    const bench = new Bench();
    bench.answer = () => {
      throw new MessageParseError("contact", "At most 32", { status: 513 });
    };
    const request = registerText([]);
    const first = bench.answerTo(request);
    expect(statusLine(first)).toBe("SIP/2.0 513 Message Too Large");
    expect(bench.answerTo(request)).toBe(first);
    expect(bench.observed.filter((one) => one.startsWith("failed"))).toEqual(["failed udp contact"]);
  });

  test("a mistake of ours is not called a mistake of theirs", () => {
    const bench = new Bench();
    bench.answer = () => {
      throw new RangeError("the contact table is full");
    };
    expect(() => bench.receive(registerText([]))).toThrow(RangeError);
  });

  test("on a stream a request without Content-Length is answered 400, on UDP it is fine (§20.14)", () => {
    const text = requestText().replace(/Content-Length.*\r\n/, "");
    const bench = new Bench();
    expect(statusLine(bench.answerTo(text, TCP))).toBe("SIP/2.0 400 Bad Request");
    expect(bench.observed).toContain("failed tcp content_length");
    expect(statusLine(bench.answerTo(text))).toBe("SIP/2.0 200 OK");
  });
});

describe("responses", () => {
  const response = replyText(requestText());
  test.each([
    { text: response, because: "a proper one" },
    { text: response.replace("200 OK", "99999999 What"), because: "a status of eight digits" },
    { text: "SIP/2.0", because: "a start of one" },
    { text: "SIP/7.0 200 OK\r\n\r\n", because: "of another version" },
    { text: response.replace("Via: ", "Vi: "), because: "without a Via" },
  ])("go to the keepalive and are never answered: $because", ({ text }) => {
    const bench = new Bench();
    expect(bench.answerTo(text)).toBe("");
    expect(bench.responses).toEqual([text]);
  });

  test("empty lines before one are passed over (§7.5)", () => {
    const bench = new Bench();
    expect(bench.answerTo(`\r\n\r\n${response}`)).toBe("");
    expect(bench.responses).toEqual([response]);
    expect(statusLine(bench.answerTo(`\r\n${requestText()}`))).toBe("SIP/2.0 200 OK");
  });
});

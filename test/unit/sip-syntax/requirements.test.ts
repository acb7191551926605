/**
 * The syntax requirements R1 .. R13 of a registrar, one block each.
 *
 * @module
 */
import { describe, expect, test } from "vitest";
import { parseContacts, parseNameAddr } from "../../../src/sip/syntax/address.ts";
import { checkRequest, parseMessage } from "../../../src/sip/syntax/parse.ts";
import { ReplyHead } from "../../../src/sip/syntax/reply-head.ts";
import { parseUri } from "../../../src/sip/syntax/uri.ts";
import { parseDeltaSeconds } from "../../../src/sip/syntax/values.ts";
import { aRegister, octetsOf, REGISTER_LINES, refusalOf, registerText, verdictOf } from "./messages.ts";

describe("R1: names in any case, LWS before the colon, folds (RFC 3261 §7.3.1)", () => {
  test.each([
    { line: "CALL-ID: x", because: "capitals" },
    { line: "call-id: x", because: "small letters" },
    { line: "Call-ID : x", because: "a space before the colon" },
    { line: "Call-ID \t :x", because: "a tab before the colon, nothing behind" },
    { line: "Call-ID:\r\n x", because: "a fold before the value" },
    { line: "Call-ID: x \t\r\n \t", because: "a fold of white space behind it" },
  ])("$because", ({ line }) => {
    expect(aRegister({ lines: { "Call-ID": line } }).headers.first("call-id")).toBe("x");
  });

  test("a fold equals one SP, however much white space is around it", () => {
    const { headers } = aRegister({ more: ["Subject: one  \r\n\t  two\r\n three"] });
    expect(headers.first("subject")).toBe("one two three");
  });

  test("octets of UTF-8 at the ends of a value are not white space", () => {
    const { headers } = aRegister({ more: ["Subject: \xc2\xa0x\xc2\xa0"] });
    expect(headers.first("subject")).toBe("\xc2\xa0x\xc2\xa0");
  });
});

describe("R2: compact forms equal long forms (RFC 3261 §7.3.3)", () => {
  test.each([
    ["i", "call-id"],
    ["m", "contact"],
    ["e", "content-encoding"],
    ["l", "content-length"],
    ["c", "content-type"],
    ["f", "from"],
    ["s", "subject"],
    ["k", "supported"],
    ["t", "to"],
    ["v", "via"],
    ["o", "event"],
    ["u", "allow-events"],
    ["r", "refer-to"],
    ["b", "referred-by"],
    ["x", "session-expires"],
    ["d", "request-disposition"],
    ["j", "reject-contact"],
    ["n", "identity-info"],
    ["y", "identity"],
    ["a", "accept-contact"],
  ])("%s is %s, in either case", (compact, name) => {
    for (const letter of [compact, compact.toUpperCase()]) {
      const message = parseMessage(octetsOf(`OPTIONS sip:a SIP/2.0\r\n${letter}: 0\r\n\r\n`));
      expect(message.headers.first(name)).toBe("0");
      expect(message.headers.count(name)).toBe(1);
    }
  });

  test("a letter that is no compact form is a header of its own", () => {
    expect(aRegister({ more: ["Z: 1"] }).headers.first("z")).toBe("1");
  });
});

describe("R3: several headers of one name equal one list (RFC 3261 §7.3.1)", () => {
  test("lines and commas mix, order is kept", () => {
    const { headers } = aRegister({ more: ["Supported: path, gruu", "k: outbound"] });
    expect(headers.list("supported")).toEqual(["path", "gruu", "outbound"]);
    expect(headers.all("supported")).toEqual(["path, gruu", "outbound"]);
  });

  test("commas in quotes and in <> do not split", () => {
    const line = 'Contact: "a, \\", b" <sip:x,y@h>;p="1,2", <sip:z@h>';
    const { headers } = aRegister({ lines: { Contact: line } });
    expect(headers.list("contact")).toEqual(['"a, \\", b" <sip:x,y@h>;p="1,2"', "<sip:z@h>"]);
  });

  test("an authentication header is one value per line, commas and all", () => {
    const { headers } = aRegister({ more: ['Authorization: Digest realm="a", nonce="b"', "Authorization: Other c"] });
    expect(headers.all("authorization")).toEqual(['Digest realm="a", nonce="b"', "Other c"]);
  });

  test("an empty header adds nothing, an empty element stays to be refused", () => {
    const { headers } = aRegister({ more: ["Supported:", "Allow: A,,B"] });
    expect(headers.list("supported")).toEqual([]);
    expect(headers.list("allow")).toEqual(["A", "", "B"]);
  });
});

describe("R4: quoted strings, UTF-8 and tokens (RFC 3261 §25.1)", () => {
  test.each([
    { value: '"a \\"b\\" \\\\" <sip:x@h>', name: 'a "b" \\', because: "escapes in quotes" },
    { value: '"\xc3\xa4" <sip:x@h>', name: "\xc3\xa4", because: "UTF-8 in quotes" },
    { value: "\xc3\xa4 b <sip:x@h>", name: "\xc3\xa4 b", because: "UTF-8 without quotes, as many phones send it" },
    { value: "-.!%*_+`'~ a1 <sip:x@h>", name: "-.!%*_+`'~ a1", because: "every character of a token" },
    { value: '"" <sip:x@h>', name: "", because: "an empty quoted name is a name" },
    { value: "<sip:x@h>", name: null, because: "no name" },
  ])("$because", ({ value, name }) => {
    expect(parseNameAddr(value).displayName).toBe(name);
  });
});

describe("R5: % escapes exist only in URIs (RFC 3261 §19.1.2)", () => {
  test("an escaped method is another method", () => {
    const request = aRegister({ startLine: "RE%47IST%45R sip:example.org SIP/2.0" });
    expect(request.method).toBe("RE%47IST%45R");
    expect(refusalOf(() => checkRequest(request)).reason).toBe("cseq");
  });

  test("%00 is legal in a user", () => {
    expect(parseUri("sip:a%00b@h").user).toBe("a%00b");
  });
});

describe("R6: Contact without <> (RFC 3261 §20.10)", () => {
  test.each([
    { line: "Contact: sip:x@h;a=1", verdict: "ok", because: "the parameter is the header's" },
    { line: "Contact: sip:x@h?a=1", verdict: "400 contact", because: '"?" needs <>' },
    { line: "Contact: sip:x,y@h", verdict: "400 contact", because: '"," needs <>' },
    { line: "Contact: sip:x@h ;a", verdict: "ok", because: "white space before a header parameter" },
    { line: "Contact: sip:x @h", verdict: "400 contact", because: "white space inside the URI" },
    { line: "Contact: <sip:x@h?a=1>", verdict: "ok", because: "inside <> a URI may have headers" },
  ])("$line -> $verdict: $because", ({ line, verdict }) => {
    expect(verdictOf(octetsOf(registerText({ lines: { Contact: line } })))).toBe(verdict);
  });

  test("the parameter of a bare URI is found in the header's", () => {
    const [contact] = parseContacts(aRegister({ lines: { Contact: "Contact: sip:x@h;expires=5" } }).headers);
    expect(contact).toMatchObject({ uri: "sip:x@h", params: new Map([["expires", "5"]]) });
  });
});

describe("R7: IPv6 references need brackets (RFC 3261 §25.1, RFC 5954)", () => {
  test.each(["[::1]", "[2001:db8::9:1]", "[1:2:3:4:5:6:7:8]", "[::ffff:192.0.2.1]", "[::]", "[fe80::]"])(
    "%s is a host",
    (host) => {
      expect(parseUri(`sip:a@${host}:5070`)).toMatchObject({ host, port: 5_070 });
    },
  );

  test.each(["2001:db8::1", "[1:2:3]", "[1::2::3]", "[::12345]", "[::g]", "[::1", "[]", "[::1.2.3]", "[1.2.3.4::]"])(
    "%s is no host",
    (host) => {
      expect(refusalOf(() => parseUri(`sip:a@${host}`)).reason).toBe("uri");
    },
  );
});

describe("R8: another version is answered 505 (RFC 3261 §21.5.6)", () => {
  test.each([
    { version: "SIP/2.0", verdict: "ok" },
    { version: "sip/2.0", verdict: "ok" },
    { version: "SIP/3.0", verdict: "505 version" },
    { version: "SIP/2.1", verdict: "505 version" },
    { version: "SIP/10.0", verdict: "505 version" },
    { version: "SIP/2", verdict: "400 start_line" },
    { version: "HTTP/1.1", verdict: "400 start_line" },
  ])("$version -> $verdict", ({ version, verdict }) => {
    expect(verdictOf(octetsOf(registerText({ startLine: `REGISTER sip:example.org ${version}` })))).toBe(verdict);
  });
});

describe("R9: mandatory headers (RFC 3261 §8.1.1)", () => {
  test.each(["To", "From", "CSeq", "Call-ID", "Max-Forwards"])("without %s the answer is 400", (name) => {
    expect(verdictOf(octetsOf(registerText({ lines: { [name]: null } })))).toBe("400 missing_header");
  });

  test("without Via there is no answer", () => {
    expect(verdictOf(octetsOf(registerText({ lines: { Via: null } })))).toBe("dropped");
  });

  test("with a Via nobody can read there is no answer", () => {
    expect(verdictOf(octetsOf(registerText({ lines: { Via: "Via: nonsense" } })))).toBe("dropped");
  });

  test("a client of RFC 2543, whose branch has no cookie, may do without Max-Forwards", () => {
    const lines = { "Max-Forwards": null, Via: "Via: SIP/2.0/UDP 10.0.0.9" };
    expect(verdictOf(octetsOf(registerText({ lines })))).toBe("ok");
  });
});

describe("R10: CSeq (RFC 3261 §8.1.1.5, §20.16)", () => {
  test.each([
    { cseq: "0 REGISTER", verdict: "ok", because: "0 is a number" },
    { cseq: "2147483648 REGISTER", verdict: "ok", because: "2^31 is accepted, though nobody may send it" },
    { cseq: "4294967295 REGISTER", verdict: "ok", because: "2^32-1 is the largest" },
    { cseq: "4294967296 REGISTER", verdict: "400 cseq", because: "2^32 is too large" },
    { cseq: "7 OPTIONS", verdict: "400 cseq", because: "another method" },
    { cseq: "7 register", verdict: "400 cseq", because: "methods are case-sensitive" },
    { cseq: "7", verdict: "400 cseq", because: "no method" },
    { cseq: "-7 REGISTER", verdict: "400 cseq", because: "no number" },
    { cseq: "7 REGISTER x", verdict: "400 cseq", because: "something behind the method" },
  ])("$cseq -> $verdict: $because", ({ cseq, verdict }) => {
    expect(verdictOf(octetsOf(registerText({ lines: { CSeq: `CSeq: ${cseq}` } })))).toBe(verdict);
  });
});

describe("R11: a second single-value header (RFC 3261 §7.3.1)", () => {
  const singles = ["To", "From", "CSeq", "Call-ID", "Max-Forwards", "Content-Length"];
  test.each(singles)("two %s lines are answered 400", (name) => {
    const more = [REGISTER_LINES[name] ?? ""];
    expect(verdictOf(octetsOf(registerText({ more })))).toBe("400 duplicate_header");
  });

  test.each(["Expires", "User-Agent", "Content-Type", "Date", "Subject", "Event"])("two %s lines too", (name) => {
    expect(verdictOf(octetsOf(registerText({ more: [`${name}: 1`, `${name}: 1`] })))).toBe("400 duplicate_header");
  });

  test("the compact form is the same header", () => {
    expect(verdictOf(octetsOf(registerText({ more: ["i: c2"] })))).toBe("400 duplicate_header");
  });

  test("headers that are lists may repeat, and so may unknown ones", () => {
    const more = [
      "Contact: <sip:b@h>",
      "Via: SIP/2.0/TCP p;branch=z9hG4bK2",
      "Allow: A",
      "Allow: B",
      "X-A: 1",
      "X-A: 1",
    ];
    expect(verdictOf(octetsOf(registerText({ more })))).toBe("ok");
  });
});

describe("R12: malformed responses are never answered (RFC 3261 §18.1.2)", () => {
  const tail = "Via: SIP/2.0/UDP h;branch=z9hG4bK1\r\nCSeq: 1 OPTIONS\r\n\r\n";
  test.each([
    { start: "SIP/2.0 200 OK", verdict: "ok" },
    { start: "SIP/2.0 20 OK", verdict: "dropped" },
    { start: "SIP/2.0 2000 OK", verdict: "dropped" },
    { start: "SIP/2.0 099 OK", verdict: "dropped" },
    { start: "SIP/2.0 700 OK", verdict: "dropped" },
    { start: "SIP/3.0 200 OK", verdict: "dropped" },
    { start: "SIP/2.0  200 OK", verdict: "dropped" },
  ])("$start -> $verdict", ({ start, verdict }) => {
    expect(verdictOf(octetsOf(`${start}\r\n${tail}`))).toBe(verdict);
  });

  test("a short body of a response has nobody to complain to", () => {
    const text = `SIP/2.0 200 OK\r\nContent-Length: 9\r\n${tail}`;
    expect(refusalOf(() => parseMessage(octetsOf(text)))).toMatchObject({ reason: "truncated", request: null });
  });

  test("a response with two Vias shows it", () => {
    const octets = octetsOf(`SIP/2.0 200 OK\r\nv: SIP/2.0/UDP a;branch=1, SIP/2.0/UDP b;branch=2\r\n${tail}`);
    const head = new ReplyHead();
    expect(head.read(octets, octets.length)).toBe(true);
    expect(head.viaCount).toBe(3);
  });
});

describe("R13: delta-seconds (RFC 3261 §25.1)", () => {
  test.each([
    { value: "0", seconds: 0 },
    { value: "0060", seconds: 60 },
    { value: "4294967295", seconds: 4_294_967_295 },
    { value: "4294967296", seconds: null },
    { value: "1".repeat(5_000), seconds: null },
    { value: "-1", seconds: null },
    { value: "1.5", seconds: null },
    { value: "60s", seconds: null },
    { value: "", seconds: null },
  ])("a malformed or overlarge value is null, not an error", ({ value, seconds }) => {
    expect(parseDeltaSeconds(value)).toBe(seconds);
  });
});

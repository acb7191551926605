/**
 * Every message of RFC 4475 and RFC 5118 with the verdict its section asks for.
 *
 * `ok`: readable, what it means is decided elsewhere. STATUS REASON: refused and answered. `dropped`: refused in silence.
 *
 * @module
 */
import { describe, expect, test } from "vitest";
import { parseContacts, parseNameAddr } from "../../../src/sip/syntax/address.ts";
import type { SipRequest } from "../../../src/sip/syntax/message.ts";
import { parseMessage } from "../../../src/sip/syntax/parse.ts";
import { parseUri } from "../../../src/sip/syntax/uri.ts";
import { parseVia } from "../../../src/sip/syntax/via.ts";
import { tortureNames, tortureOctets, verdictOf } from "./messages.ts";

const VERDICTS = [
  {
    name: "rfc4475/wsinv",
    verdict: "ok",
    because: "folds, LWS before the colon, compact forms and odd case are legal",
  },
  { name: "rfc4475/intmeth", verdict: "ok", because: "every character is legal where it stands" },
  { name: "rfc4475/esc01", verdict: "ok", because: "escapes are legal in URIs" },
  { name: "rfc4475/escnull", verdict: "ok", because: "%00 is a legal escape" },
  { name: "rfc4475/esc02", verdict: "ok", because: "a % outside a URI is a character; the method is merely unknown" },
  { name: "rfc4475/lwsdisp", verdict: "ok", because: "no LWS is needed between a display name and <" },
  { name: "rfc4475/longreq", verdict: "ok", because: "long values are below every limit" },
  { name: "rfc4475/dblreq", verdict: "ok", because: "octets behind the body are dropped" },
  { name: "rfc4475/semiuri", verdict: "ok", because: "a semicolon in the user is part of the user" },
  { name: "rfc4475/transports", verdict: "ok", because: "Via may name any transport" },
  { name: "rfc4475/mpart01", verdict: "ok", because: "the body is opaque" },
  { name: "rfc4475/unreason", verdict: "ok", because: "a reason phrase may have any octet" },
  { name: "rfc4475/noreason", verdict: "ok", because: "a reason phrase may be empty" },
  { name: "rfc4475/badinv01", verdict: "400 via", because: "separators without values in Via" },
  { name: "rfc4475/clerr", verdict: "400 truncated", because: "fewer octets than Content-Length promises" },
  { name: "rfc4475/ncl", verdict: "400 content_length", because: "a length is not negative" },
  { name: "rfc4475/scalar02", verdict: "400 cseq", because: "CSeq is above 2^32-1" },
  { name: "rfc4475/scalarlg", verdict: "dropped", because: "a response with a CSeq above 2^32-1" },
  { name: "rfc4475/quotbal", verdict: "400 to", because: "the quoted display name is not closed" },
  { name: "rfc4475/ltgtruri", verdict: "400 uri", because: "a Request-URI stands without <>" },
  { name: "rfc4475/lwsruri", verdict: "400 start_line", because: "white space inside the Request-URI" },
  { name: "rfc4475/lwsstart", verdict: "400 start_line", because: "two spaces in the request line" },
  { name: "rfc4475/trws", verdict: "400 start_line", because: "a space at the end of the request line" },
  { name: "rfc4475/escruri", verdict: "400 uri", because: "a Request-URI has no headers" },
  { name: "rfc4475/baddate", verdict: "ok", because: "nobody needs the Date of a request" },
  { name: "rfc4475/regbadct", verdict: "400 contact", because: '"?" in a Contact URI needs <>' },
  { name: "rfc4475/badaspec", verdict: "400 to", because: "white space inside <>" },
  { name: "rfc4475/baddn", verdict: "400 truncated", because: "the recorded file has no blank line" },
  { name: "rfc4475/badvers", verdict: "505 version", because: "SIP/7.0" },
  { name: "rfc4475/mismatch01", verdict: "400 cseq", because: "CSeq names another method" },
  { name: "rfc4475/mismatch02", verdict: "400 cseq", because: "CSeq names another method than the unknown one" },
  { name: "rfc4475/bigcode", verdict: "dropped", because: "a response with a status of ten digits" },
  { name: "rfc4475/badbranch", verdict: "ok", because: "a branch of the cookie alone is matched the old way" },
  { name: "rfc4475/insuf", verdict: "400 missing_header", because: "no From, To, Call-ID; Via shows the way back" },
  { name: "rfc4475/unkscm", verdict: "416 uri", because: "the Request-URI has an unknown scheme" },
  { name: "rfc4475/novelsc", verdict: "416 uri", because: "the Request-URI has a scheme that is not ours" },
  { name: "rfc4475/unksm2", verdict: "ok", because: "To, From and Contact may have any scheme; the registrar decides" },
  { name: "rfc4475/bext01", verdict: "ok", because: "Require is not syntax" },
  { name: "rfc4475/invut", verdict: "ok", because: "Content-Type is not syntax" },
  { name: "rfc4475/regaut01", verdict: "ok", because: "an unknown scheme of Authorization is no credentials" },
  { name: "rfc4475/multi01", verdict: "400 duplicate_header", because: "two CSeq, Call-ID, From, To, Max-Forwards" },
  { name: "rfc4475/mcl01", verdict: "400 duplicate_header", because: "two Content-Length" },
  { name: "rfc4475/bcast", verdict: "dropped", because: "a response with a second Via is not for us" },
  { name: "rfc4475/zeromf", verdict: "ok", because: "Max-Forwards 0 does not matter to the last element" },
  { name: "rfc4475/cparam01", verdict: "ok", because: "an unknown Contact parameter is legal" },
  { name: "rfc4475/cparam02", verdict: "ok", because: "an unknown URI parameter is legal" },
  { name: "rfc4475/regescrt", verdict: "ok", because: "URI headers are legal inside <>" },
  { name: "rfc4475/sdp01", verdict: "ok", because: "Accept is not syntax" },
  { name: "rfc4475/inv2543", verdict: "ok", because: "RFC 2543 knows neither branch, From tag nor Max-Forwards" },
  { name: "rfc4475/test", verdict: "dropped", because: "no version and no Via: nothing to answer to" },
  { name: "rfc5118/ipv6-good", verdict: "ok", because: "an IPv6 reference in brackets" },
  { name: "rfc5118/ipv6-bad", verdict: "400 uri", because: "an IPv6 address needs brackets in a URI" },
  { name: "rfc5118/port-ambiguous", verdict: "ok", because: "inside the brackets it is the last group, not a port" },
  { name: "rfc5118/port-unambiguous", verdict: "ok", because: "behind the brackets it is a port" },
  { name: "rfc5118/via-received-param-with-delim", verdict: "ok", because: "received in brackets is accepted" },
  { name: "rfc5118/via-received-param-no-delim", verdict: "ok", because: "bare received is the right form" },
  { name: "rfc5118/ipv6-in-sdp", verdict: "ok", because: "the body is opaque, and its excess is dropped" },
  { name: "rfc5118/mult-ip-in-header", verdict: "ok", because: "both address families may meet in one message" },
  { name: "rfc5118/mult-ip-in-sdp", verdict: "ok", because: "the body is opaque" },
  { name: "rfc5118/ipv4-mapped-ipv6", verdict: "ok", because: "a mapped address is an IPv6 reference" },
  { name: "rfc5118/ipv6-correct-abnf-2-colons", verdict: "ok", because: "two colons before an IPv4 tail" },
  { name: "rfc5118/ipv6-bug-abnf-3-colons", verdict: "ok", because: "the grammar of RFC 3261 made this by mistake" },
];

describe("torture messages", () => {
  test.each(VERDICTS)("$name -> $verdict: $because", ({ name, verdict }) => {
    expect(verdictOf(tortureOctets(name))).toBe(verdict);
  });

  test("every message of the archive has a row", () => {
    expect(VERDICTS.map(({ name }) => name).sort()).toEqual([...tortureNames()].sort());
  });
});

function requestOf(name: string): SipRequest {
  const message = parseMessage(tortureOctets(name));
  if (message.kind !== "request") throw new TypeError(`${name} must be a request`);
  return message;
}

describe("what is read of them", () => {
  test("wsinv: folded Vias of three lines are three values, in order (RFC 4475 §3.1.1.1)", () => {
    const vias = requestOf("rfc4475/wsinv").headers.list("via").map(parseVia);
    expect(vias.map(({ transport, host, branch }) => [transport, host, branch])).toEqual([
      ["UDP", "192.0.2.2", "390skdjuw"],
      ["TCP", "spindle.example.com", "z9hG4bK9ikj8"],
      ["UDP", "192.168.255.111", "z9hG4bK30239"],
    ]);
  });

  test("wsinv: To, CSeq and Contact are read through their folds", () => {
    const { headers } = requestOf("rfc4475/wsinv");
    expect(parseNameAddr(headers.first("to") ?? "").params.get("tag")).toBe("1918181833n");
    expect(parseNameAddr(headers.first("from") ?? "")).toMatchObject({ displayName: 'J Rosenberg \\"' });
    expect(headers.first("cseq")).toBe("0009 INVITE");
    expect(headers.first("newfangledheader")).toBe("newfangled value continued newfangled value");
    const [contact] = parseContacts(headers);
    expect(contact).toMatchObject({ displayName: 'Quoted string ""' });
  });

  test("intmeth: the quoted NUL, BEL and DEL of the display name arrive (RFC 4475 §3.1.1.2)", () => {
    const { method, headers } = requestOf("rfc4475/intmeth");
    expect(method).toBe("!interesting-Method0123456789_*+`.%indeed'~");
    expect(parseNameAddr(headers.first("to") ?? "").displayName).toBe("BEL:\x07 NUL:\x00 DEL:\x7f");
    const from = parseNameAddr(headers.first("from") ?? "");
    expect(from.displayName).toBe("token1~` token2'+_ token3*%!.-");
    const extension = from.params.get("fromparam''~+*_!.-%");
    expect(Buffer.from(extension ?? "", "latin1").toString("utf8")).toBe("работающий");
  });

  test("esc02: C%6Fntact is no Contact (RFC 4475 §3.1.1.5)", () => {
    const { headers } = requestOf("rfc4475/esc02");
    expect(headers.list("contact")).toEqual(["<sip:alias1@host1.example.com>", "<sip:alias3@host3.example.com>"]);
  });

  test("dblreq: the body is empty, and the second request is gone (RFC 4475 §3.1.1.8)", () => {
    expect(requestOf("rfc4475/dblreq").body).toBe("");
  });

  test("longreq: all 34 Vias are there", () => {
    expect(requestOf("rfc4475/longreq").headers.list("via")).toHaveLength(34);
  });

  test("semiuri: the user keeps its semicolon and its escape (RFC 4475 §3.1.1.9)", () => {
    expect(parseUri(requestOf("rfc4475/semiuri").requestUri)).toMatchObject({
      user: "user;par=u%40example.net",
      host: "example.com",
    });
  });

  test("cparam01 and cparam02: the same parameter belongs to the header without <>, to the URI inside (§20.10)", () => {
    const [bare] = parseContacts(requestOf("rfc4475/cparam01").headers);
    const [bracketed] = parseContacts(requestOf("rfc4475/cparam02").headers);
    expect(bare).toMatchObject({ uri: "sip:+19725552222@gw1.example.net", params: new Map([["unknownparam", null]]) });
    expect(bracketed).toMatchObject({ uri: "sip:+19725552222@gw1.example.net;unknownparam", params: new Map() });
  });

  test("port-ambiguous has no port, port-unambiguous has 5070 (RFC 5118 §4.3, §4.4)", () => {
    const ports = ["rfc5118/port-ambiguous", "rfc5118/port-unambiguous"].map(
      (name) => parseUri(requestOf(name).requestUri).port,
    );
    expect(ports).toEqual([null, 5_070]);
  });

  test("received is the same with and without brackets (RFC 5118 §4.5)", () => {
    const names = ["rfc5118/via-received-param-with-delim", "rfc5118/via-received-param-no-delim"];
    const received = names.map((name) => parseVia(requestOf(name).headers.first("via") ?? "").received);
    expect(received).toEqual(["2001:db8::9:255", "2001:db8::9:255"]);
  });
});

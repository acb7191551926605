/**
 * Addresses, Via and the small values.
 *
 * @module
 */
import { describe, expect, test } from "vitest";
import { parseContacts, parseNameAddr, quote } from "../../../src/sip/syntax/address.ts";
import { parseCSeq, parseMethods, parseQ } from "../../../src/sip/syntax/values.ts";
import { parseVia } from "../../../src/sip/syntax/via.ts";
import { aRegister, refusalOf } from "./messages.ts";

describe("parseNameAddr", () => {
  test("reads name, URI and parameters, LWS around every separator", () => {
    const value = '"A \\"B\\"" <sip:a@h;lr> ; Expires = 60 ;flag; +sip.instance="<urn:uuid:1>"';
    expect(parseNameAddr(value)).toEqual({
      displayName: 'A "B"',
      uri: "sip:a@h;lr",
      params: new Map([
        ["expires", "60"],
        ["flag", null],
        ["+sip.instance", "<urn:uuid:1>"],
      ]),
    });
  });

  test("a < inside a parameter of a bare URI does not open an address", () => {
    expect(parseNameAddr('sip:a@h;+sip.instance="<urn:uuid:1>"')).toMatchObject({
      uri: "sip:a@h",
      params: new Map([["+sip.instance", "<urn:uuid:1>"]]),
    });
  });

  test.each([
    { value: "", because: "nothing" },
    { value: "alice", because: "no URI" },
    { value: "<>", because: "an empty URI" },
    { value: "<sip:a@h", because: "< is not closed" },
    { value: '"a <sip:a@h>', because: "a quote is not closed" },
    { value: '"a\\" <sip:a@h>', because: "the closing quote is escaped" },
    { value: '"a" sip:a@h', because: "a display name needs <>" },
    { value: "a, b <sip:a@h>", because: "a comma in an unquoted name" },
    { value: "<sip:a@h> x", because: "something behind >" },
    { value: "<sip:a@h>, <sip:b@h>", because: "two addresses" },
    { value: "< sip:a@h>", because: "white space in <>" },
    { value: "<sip:a@h>;", because: "an empty parameter" },
    { value: "<sip:a@h>;=1", because: "a parameter without a name" },
    { value: "<sip:a@h>;a=", because: "a parameter with = and nothing" },
    { value: "<sip:a@h>;tag=1;TAG=2", because: "a parameter twice" },
    { value: '<sip:a@h>;a="b', because: "a quoted value is not closed" },
    { value: '<sip:a@h>;a="b"c', because: "something behind a quoted value" },
    { value: "sip:a@h?b", because: '"?" without <>' },
    { value: "sip:a,b@h", because: '"," without <>' },
  ])("refuses $because", ({ value }) => {
    expect(refusalOf(() => parseNameAddr(value, "from"))).toMatchObject({ reason: "from", status: 400 });
  });

  test.each(["__proto__", "constructor", "valueOf"])("a parameter may be called %s", (name) => {
    const { params } = parseNameAddr(`<sip:a@h>;${name}=1`);
    expect(params.get(name.toLowerCase())).toBe("1");
    expect(params.size).toBe(1);
  });

  test("quote() is undone by reading", () => {
    const text = 'a "b" \\ c';
    expect(parseNameAddr(`${quote(text)} <sip:a@h>`).displayName).toBe(text);
  });
});

describe("parseContacts", () => {
  test("no Contact is an empty list, all lines are one list", () => {
    expect(parseContacts(aRegister({ lines: { Contact: null } }).headers)).toEqual([]);
    const contacts = parseContacts(aRegister({ more: ["m: <sip:b@h>;q=0.5, sip:c@h"] }).headers);
    expect(contacts).toHaveLength(3);
  });

  test('"*" alone is itself (RFC 3261 §10.2.2)', () => {
    expect(parseContacts(aRegister({ lines: { Contact: "Contact: *" } }).headers)).toBe("*");
  });

  test.each(["Contact: *, <sip:a@h>", "Contact: <sip:a@h>, *", "Contact: *, *", "Contact: *;expires=0", "Contact: ,"])(
    "%s is refused",
    (line) => {
      const { headers } = aRegister({ lines: { Contact: line } });
      expect(refusalOf(() => parseContacts(headers))).toMatchObject({ reason: "contact", status: 400 });
    },
  );

  test("32 contacts are read, 33 are too many", () => {
    const lineOf = (count: number) => `Contact: ${new Array(count).fill("<sip:a@h>").join(",")}`;
    expect(parseContacts(aRegister({ lines: { Contact: lineOf(32) } }).headers)).toHaveLength(32);
    const { headers } = aRegister({ lines: { Contact: lineOf(33) } });
    expect(refusalOf(() => parseContacts(headers))).toMatchObject({ reason: "contact", status: 513 });
  });
});

describe("parseVia", () => {
  test("reads every part (RFC 3261 §20.42)", () => {
    const value = "SIP/2.0/udp Host.Example:5061;branch=z9hG4bKx;rport=40000;received=192.0.2.1;ttl=1";
    expect(parseVia(value)).toMatchObject({
      transport: "UDP",
      host: "host.example",
      port: 5_061,
      branch: "z9hG4bKx",
      received: "192.0.2.1",
      rport: 40_000,
      raw: value,
    });
  });

  test.each([
    { value: "SIP/2.0/UDP h", rport: null, because: "not asked for" },
    { value: "SIP/2.0/UDP h;rport", rport: true, because: "asked for (RFC 3581 §3)" },
    { value: "SIP/2.0/UDP h;rport=5060", rport: 5_060, because: "filled in" },
  ])("$value: rport is $rport, $because", ({ value, rport }) => {
    expect(parseVia(value).rport).toBe(rport);
  });

  test("LWS may stand around slashes and the colon of the port", () => {
    expect(parseVia("SIP / 2.0 / TCP  h : 5070 ; branch = x")).toMatchObject({ host: "h", port: 5_070, branch: "x" });
  });

  test("empty parameters are passed over, so that the request can be answered", () => {
    expect(parseVia("SIP/2.0/UDP h;;branch=x;").branch).toBe("x");
  });

  test("the same text gives the same Via, another one does not", () => {
    expect(parseVia("SIP/2.0/UDP a;branch=1").branch).toBe("1");
    expect(parseVia("SIP/2.0/UDP a;branch=2").branch).toBe("2");
    expect(parseVia("SIP/2.0/UDP a;branch=2").branch).toBe("2");
  });

  test.each([
    "",
    ";",
    "SIP/2.0",
    "SIP/2.0/UDP",
    "SIP/2.0/ h",
    "/2.0/UDP h",
    "SIP//UDP h",
    "//UDP h",
    "SIP/2.0/UDP ",
    "SIP/2.0/UDP ;branch=x",
    "SIP/2.0/UDP h:0",
    "SIP/2.0/UDP h:65536",
    "SIP/2.0/UDP 2001:db8::1",
    "SIP/2.0/UDP h x;branch=y",
    "SIP/2.0/UDP h;rport=0",
    "SIP/2.0/UDP h;rport=x",
    "SIP/2.0/UDP h;branch=1;branch=2",
    'SIP/2.0/UDP h;branch="x',
  ])("refuses %j", (value) => {
    expect(refusalOf(() => parseVia(value))).toMatchObject({ reason: "via", status: 400 });
  });
});

describe("small values", () => {
  test("parseCSeq gives number and method", () => {
    expect(parseCSeq("0009 \t INVITE")).toEqual({ number: 9, method: "INVITE" });
  });

  test.each([
    { value: "0", q: 0 },
    { value: "1", q: 1_000 },
    { value: "0.", q: 0 },
    { value: "0.5", q: 500 },
    { value: "0.05", q: 50 },
    { value: "0.123", q: 123 },
    { value: "1.000", q: 1_000 },
    { value: "1.001", q: null },
    { value: "0.1234", q: null },
    { value: "2", q: null },
    { value: ".5", q: null },
    { value: "0,5", q: null },
    { value: "-0", q: null },
    { value: "0.a", q: null },
    { value: "", q: null },
  ])("q=$value is $q thousandths (RFC 3261 §25.1)", ({ value, q }) => {
    expect(parseQ(value)).toBe(q);
  });

  test.each([
    { allow: "INVITE,ACK,BYE,CANCEL,OPTIONS,NOTIFY,SUBSCRIBE,INFO,MESSAGE,REFER", mask: 5_087 },
    { allow: "REGISTER", mask: 32 },
    { allow: "PRACK, UPDATE, PUBLISH", mask: 1_024 + 2_048 + 8_192 },
    { allow: "__proto__, constructor, invite", mask: 0 },
  ])("Allow: $allow is mask $mask, as Kamailio stores it", ({ allow, mask }) => {
    expect(parseMethods(aRegister({ more: [`Allow: ${allow}`] }).headers.list("allow"))).toBe(mask);
  });

  test("without Allow every method is understood", () => {
    expect(parseMethods([])).toBe(4_294_967_295);
  });
});

/**
 * URIs: taken apart, printed, compared by the examples of RFC 3261 §19.1.4, named as an address-of-record.
 *
 * @module
 */
import { describe, expect, test } from "vitest";
import { canonicalAor, parseUri, printUri, uriEquals } from "../../../src/sip/syntax/uri.ts";
import { refusalOf } from "./messages.ts";

describe("parseUri", () => {
  test("takes every part apart (RFC 3261 §19.1.1)", () => {
    expect(parseUri("SIP:al%69ce:s3%3Bt@Example.ORG:5070;Transport=TCP;lr?Subject=a%20b&x=")).toEqual({
      scheme: "sip",
      user: "al%69ce",
      password: "s3%3Bt",
      host: "example.org",
      port: 5_070,
      params: new Map([
        ["transport", "TCP"],
        ["lr", null],
      ]),
      headers: "Subject=a%20b&x=",
    });
  });

  test.each([
    { text: "sip:example.org", parts: { user: null, host: "example.org", port: null } },
    { text: "sips:a@[::1]:1", parts: { scheme: "sips", host: "[::1]", port: 1 } },
    { text: "sip:a;b?c/d@h", parts: { user: "a;b?c/d", host: "h" } },
    { text: "sip:a:@h", parts: { user: "a", password: "" } },
    { text: "sip:a@h:65535", parts: { port: 65_535 } },
    { text: "sip:a@my_host-1.x.", parts: { host: "my_host-1.x." } },
    { text: "sip:a@d.invalid;transport=ws", parts: { host: "d.invalid" } },
    { text: "tel:+1-201-555-0123;phone-context=a.b", parts: { scheme: "tel", user: "+1-201-555-0123", host: "" } },
    { text: "ISBN:2983792873", parts: { scheme: "isbn", user: "2983792873", host: "" } },
    { text: "http://www.example.com", parts: { scheme: "http", user: "//www.example.com" } },
  ])("reads $text", ({ text, parts }) => {
    expect(parseUri(text)).toMatchObject(parts);
  });

  test.each([
    { text: "", because: "nothing" },
    { text: "alice@example.org", because: "no scheme" },
    { text: ":a@h", because: "an empty scheme" },
    { text: "sip:", because: "no host" },
    { text: "sip:@h", because: "an empty user" },
    { text: "sip:a@", because: "an empty host" },
    { text: "sip:a@h:0", because: "port 0" },
    { text: "sip:a@h:65536", because: "a port above 65535" },
    { text: "sip:a@h:", because: "an empty port" },
    { text: "sip:a@h:5060x", because: "a port with a letter" },
    { text: "sip:a@h:-1", because: "a negative port" },
    { text: "sip:a@b@h", because: "two @" },
    { text: "sip:a b@h", because: "white space in the user" },
    { text: "sip:a@h ", because: "white space behind the host" },
    { text: "sip:a\r\n@h", because: "a line end" },
    { text: "sip:a%4@h", because: "half an escape" },
    { text: "sip:a%4g@h", because: "an escape that is not hexadecimal" },
    { text: 'sip:a"b@h', because: "a quote in the user" },
    { text: "sip:<a@h>", because: "<>" },
    { text: "sip:a@h;", because: "an empty parameter" },
    { text: "sip:a@h;;lr", because: "an empty parameter before another" },
    { text: "sip:a@h;x=", because: "an empty value" },
    { text: "sip:a@h;x=1;X=2", because: "a parameter twice" },
    { text: "sip:a@h;x=1=2", because: "two =" },
    { text: "sip:a@h?", because: "empty headers" },
    { text: "sip:a@h?x=<", because: "a character that is no header's" },
    { text: "sip:a@\xe4", because: "a host that is not ASCII" },
    { text: "tel:", because: "no number" },
    { text: "tel:alice", because: "a number with letters" },
    { text: "urn:a b", because: "white space in an unknown scheme" },
    { text: `sip:h${";p".repeat(65)}`, because: "parameters twice" },
    { text: `sip:h${Array.from({ length: 65 }, (_, i) => `;p${i}`).join("")}`, because: "more than 64 parameters" },
  ])("refuses $because", ({ text }) => {
    expect(refusalOf(() => parseUri(text))).toMatchObject({ reason: "uri", status: 400, request: null });
  });

  test("names the place of what is wrong", () => {
    expect(refusalOf(() => parseUri("sip:alice@exa mple")).offset).toBe(10);
  });

  test.each(["__proto__", "constructor", "toString", "hasOwnProperty"])("a parameter may be called %s", (name) => {
    const { params } = parseUri(`sip:a@h;${name}=1;lr`);
    expect([...params.keys()]).toEqual([name.toLowerCase(), "lr"]);
    expect(parseUri("sip:a@h").params.has(name.toLowerCase())).toBe(false);
  });
});

describe("printUri", () => {
  test.each([
    "sip:alice@example.org",
    "sip:example.org",
    "sips:a:b@[2001:db8::1]:5061;transport=tls;lr?x=y",
    "tel:+12015550123;phone-context=a.b",
    "isbn:2983792873",
    "sip:a:@h",
  ])("prints %s as it was read", (text) => {
    expect(printUri(parseUri(text))).toBe(text);
  });
});

describe("uriEquals (RFC 3261 §19.1.4)", () => {
  test.each([
    ["sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp", "the RFC: escapes and case"],
    ["sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", "the RFC: an unknown parameter in one"],
    ["sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on", "the RFC: two unknown parameters"],
    ["sip:carol@chicago.com", "sip:carol@chicago.com;security=on", "the RFC: not transitive, first half"],
    [
      "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
      "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
      "the RFC: order of parameters",
    ],
    [
      "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
      "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
      "the RFC: order of headers",
    ],
    ["sip:a@[2001:db8::1]", "sip:a@[2001:DB8:0:0::0001]", "RFC 5954 §4.2: IPv6 is compared as an address"],
    ["sip:a@[::ffff:192.0.2.1]", "sip:a@[::FFFF:c000:201]", "RFC 5954 §4.2: an IPv4 tail is two groups"],
    ["sip:a%2fb@h", "sip:a%2Fb@h", "escapes in either case"],
    ["tel:+1-201-555-0123", "tel:+1(201)5550123", "RFC 3966 §4: visual separators"],
  ])("%s = %s: %s", (a, b) => {
    expect(uriEquals(parseUri(a), parseUri(b))).toBe(true);
    expect(uriEquals(parseUri(b), parseUri(a))).toBe(true);
  });

  test.each([
    ["SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP", "the RFC: users differ in case"],
    ["sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", "the RFC: a default port is not no port"],
    ["sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", "the RFC: a default transport is not none"],
    ["sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp", "the RFC: port and transport"],
    ["sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting", "the RFC: headers in one"],
    ["sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4", "the RFC: a name is not its address"],
    ["sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off", "the RFC: not transitive, second half"],
    ["sip:a@h", "sips:a@h", "sip is not sips"],
    ["sip:a@h", "sip:h", "a user in one"],
    ["sip:a:p@h", "sip:a:q@h", "passwords differ"],
    ["sip:a:p@h", "sip:a@h", "a password in one"],
    ["sip:a@h;user=phone", "sip:a@h", "user in one"],
    ["sip:a@h;ttl=1", "sip:a@h", "ttl in one"],
    ["sip:a@h;method=INVITE", "sip:a@h", "method in one"],
    ["sip:a@h;maddr=1.2.3.4", "sip:a@h", "maddr in one"],
    ["sip:a@h;lr", "sip:a@h;lr=1", "a value in one"],
    ["sip:a%40b@h", "sip:a%41b@h", "escapes of different characters"],
    ["sip:a@h?x=1", "sip:a@h?x=2", "header values differ"],
    ["sip:a@[::1]", "sip:a@[::2]", "IPv6 addresses differ"],
    ["tel:+12015550123", "tel:+12015550124", "numbers differ"],
    ["tel:123;phone-context=a", "tel:123", "RFC 3966 §4: a tel parameter in one"],
    ["isbn:1", "isbn:2", "the rest of an unknown scheme"],
  ])("%s is not %s: %s", (a, b) => {
    expect(uriEquals(parseUri(a), parseUri(b))).toBe(false);
    expect(uriEquals(parseUri(b), parseUri(a))).toBe(false);
  });

  test("a reserved character is not its escape", () => {
    expect(uriEquals(parseUri("sip:a;b@h"), parseUri("sip:a%3Bb@h"))).toBe(false);
  });
});

describe("canonicalAor (R28, RFC 3261 §10.3 step 5)", () => {
  test.each([
    { uri: "sip:alice@Example.ORG", aor: "alice@example.org", user: "alice", because: "the host is lower-case" },
    { uri: "sip:Alice@h", aor: "Alice@h", user: "Alice", because: "the user keeps its case" },
    { uri: "sip:%61lice@h", aor: "alice@h", user: "alice", because: "an escape without need is decoded" },
    { uri: "sip:a%40b@h", aor: "a%40b@h", user: "a%40b", because: "a needed escape stays" },
    { uri: "sip:a%2fb@h", aor: "a%2Fb@h", user: "a%2Fb", because: "an escape that stays is upper-case" },
    { uri: "sip:a:pw@h:5070;transport=tcp?x=y", aor: "a@h", user: "a", because: "everything else is dropped" },
    { uri: "sips:a@h", aor: "a@h", user: "a", because: "sips is the same person" },
    { uri: "tel:+1-201-555-0123;x=y", aor: "+12015550123", user: "+12015550123", because: "a number has no domain" },
    { uri: "sip:Example.org", aor: "example.org", user: "example.org", because: "without a user the host is the name" },
  ])("$uri -> $aor: $because", ({ uri, aor, user }) => {
    expect(canonicalAor(parseUri(uri), true)).toBe(aor);
    expect(canonicalAor(parseUri(uri), false)).toBe(user);
  });
});

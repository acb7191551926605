import { describe, expect, test } from "vitest";
import { type RequestedContact, readRegister } from "../../../src/registrar/request.ts";
import { MessageParseError } from "../../../src/sip/syntax/errors.ts";
import type { RequestFields } from "../../fakes/sip-text.ts";
import { parsedRegister } from "./desk.ts";

const read = (contacts: readonly string[], fields: RequestFields = {}) =>
  readRegister(parsedRegister(contacts, fields), true);

/** The only Contact of a REGISTER. */
function contactOf(value: string, headers: readonly string[] = []): RequestedContact {
  const { contacts } = read([value], { headers });
  const [contact] = contacts === "*" ? [] : contacts;
  if (contact === undefined) throw new RangeError("one Contact was expected");
  return contact;
}

/** Status and reason of a refusal. */
function refusalOf(contacts: readonly string[], fields: RequestFields = {}): string {
  try {
    read(contacts, fields);
  } catch (error) {
    if (error instanceof MessageParseError) return `${error.status} ${error.reason}`;
    throw error;
  }
  return "none";
}

describe("the address-of-record (RFC 3261 §10.3 step 5)", () => {
  test.each([
    { to: "<sip:alice@example.org>", aor: "alice@example.org", domain: "example.org", because: "user and host" },
    { to: "sip:alice@example.org;tag=1", aor: "alice@example.org", domain: "example.org", because: "no <> are needed" },
    {
      to: "<sip:Alice@EXAMPLE.org>",
      aor: "Alice@example.org",
      domain: "example.org",
      because: "only the host has no case",
    },
    { to: "<sip:%61lice@example.org>", aor: "alice@example.org", domain: "example.org", because: "escapes are undone" },
    {
      to: "<sip:a%40b@example.org>",
      aor: "a%40b@example.org",
      domain: "example.org",
      because: "an escaped @ stays one",
    },
    {
      to: "<sip:alice:pw@example.org:5070;x=1>",
      aor: "alice@example.org",
      domain: "example.org",
      because: "the rest is dropped",
    },
    {
      to: "<sips:alice@example.org>",
      aor: "alice@example.org",
      domain: "example.org",
      because: "sips names the same user",
    },
    {
      to: "<tel:+1-972-555(2222)>",
      aor: "+19725552222",
      domain: "",
      because: "a number has no separators, and no domain",
    },
    {
      to: "<sip:__proto__@constructor>",
      aor: "__proto__@constructor",
      domain: "constructor",
      because: "a name is a name",
    },
  ])("$to -> $aor: $because", ({ to, aor, domain }) => {
    expect(read([], { to })).toMatchObject({ aor, domain });
  });

  test("is the user alone when domains do not count", () => {
    expect(readRegister(parsedRegister([]), false)).toMatchObject({ aor: "alice", domain: "example.org" });
  });

  test("an unknown scheme in To is refused (RFC 4475 §3.3.4)", () => {
    expect(refusalOf([], { to: "<isbn:2983792873>" })).toBe("400 to");
  });
});

describe("a Contact", () => {
  test.each([
    { value: "<sip:a@h>", headers: [], expiresS: null, because: "nothing was asked for" },
    { value: "<sip:a@h>", headers: ["Expires: 120"], expiresS: 120, because: "the header counts for all contacts" },
    { value: "<sip:a@h>;expires=90", headers: ["Expires: 120"], expiresS: 90, because: "the parameter goes first" },
    {
      value: "<sip:a@h>;expires=abc",
      headers: ["Expires: 120"],
      expiresS: null,
      because: "malformed means the default",
    },
    { value: "<sip:a@h>;expires=-1", headers: [], expiresS: null, because: "negative is malformed" },
    { value: "<sip:a@h>;expires=4294967296", headers: [], expiresS: null, because: "2^32 is malformed (§20.19)" },
    { value: "<sip:a@h>;expires=4294967295", headers: [], expiresS: 4_294_967_295, because: "2^32-1 is the largest" },
    { value: "<sip:a@h>;expires", headers: ["Expires: 120"], expiresS: null, because: "a parameter without a value" },
    {
      value: "<sip:a@h;expires=5>",
      headers: [],
      expiresS: null,
      because: "a URI parameter is not a Contact parameter",
    },
    { value: "<sip:a@h>", headers: ["Expires: soon"], expiresS: null, because: "a malformed header is no header" },
  ])("$value with $headers asks for $expiresS s: $because", ({ value, headers, expiresS }) => {
    expect(contactOf(value, headers).expiresS).toBe(expiresS);
  });

  test.each([
    { q: ";q=0.7", qThousandths: 700, because: "a fraction" },
    { q: ";q=1", qThousandths: 1_000, because: "the highest" },
    { q: ";q=0", qThousandths: 0, because: "the lowest is not the same as none" },
    { q: ";q=0.001", qThousandths: 1, because: "three decimals" },
    { q: ";q=0.0001", qThousandths: -1, because: "four decimals are no q" },
    { q: ";q=1.5", qThousandths: -1, because: "beyond 1 is no q" },
    { q: ";q=high", qThousandths: -1, because: "a word is no q" },
    { q: ";q", qThousandths: -1, because: "a parameter without a value" },
    { q: "", qThousandths: -1, because: "not given" },
  ])("with '$q' has q $qThousandths / 1000: $because (RFC 3261 §20.10)", ({ q, qThousandths }) => {
    expect(contactOf(`<sip:a@h>${q}`).qThousandths).toBe(qThousandths);
  });

  const INSTANCE = '+sip.instance="<urn:uuid:1>"';
  test.each([
    { params: `;${INSTANCE};reg-id=2`, instance: "<urn:uuid:1>", regId: 2, because: "both belong together" },
    { params: `;${INSTANCE}`, instance: "<urn:uuid:1>", regId: 0, because: "an instance alone is a fact" },
    { params: ";reg-id=2", instance: null, regId: 0, because: "without an instance it is ignored (RFC 5626 §6)" },
    { params: `;${INSTANCE};reg-id=0`, instance: "<urn:uuid:1>", regId: 0, because: "0 is not a reg-id" },
    { params: `;${INSTANCE};reg-id=0x10`, instance: "<urn:uuid:1>", regId: 0, because: "only digits are" },
    {
      params: `;${INSTANCE};reg-id=2147483647`,
      instance: "<urn:uuid:1>",
      regId: 2_147_483_647,
      because: "the largest",
    },
    { params: `;${INSTANCE};reg-id=2147483648`, instance: "<urn:uuid:1>", regId: 0, because: "beyond the largest" },
  ])("with '$params' has reg-id $regId: $because", ({ params, instance, regId }) => {
    expect(contactOf(`<sip:a@h>${params}`)).toMatchObject({ instance, regId });
  });

  test("keeps its URI octet for octet, escapes and parameters included", () => {
    expect(contactOf('"A" <sip:%41@H.test:5070;Ob;transport=TCP?x=y>;q=1').address).toBe(
      "sip:%41@H.test:5070;Ob;transport=TCP?x=y",
    );
  });

  test("parameters named like properties of objects are only names", () => {
    expect(contactOf("<sip:__proto__@h;constructor=1>;__proto__=x;toString;hasOwnProperty=expires")).toMatchObject({
      address: "sip:__proto__@h;constructor=1",
      expiresS: null,
      qThousandths: -1,
    });
  });
});

describe("Contacts as a whole", () => {
  test.each([
    { contacts: [], read: [], because: "a REGISTER without Contact asks what is bound" },
    { contacts: ["*"], read: "*", because: "a star means all" },
    {
      contacts: ["<sip:a@h>, <sip:b@h>", "<sip:c@h>"],
      read: ["sip:a@h", "sip:b@h", "sip:c@h"],
      because: "lists and lines",
    },
  ])("$contacts -> $read: $because", ({ contacts, read: expected }) => {
    const { contacts: found } = read(contacts);
    expect(found === "*" ? found : found.map(({ address }) => address)).toEqual(expected);
  });

  test.each([
    { contacts: ["*", "<sip:a@h>"], refused: "400 contact", because: "a star stands alone" },
    { contacts: ["*, *"], refused: "400 contact", because: "even beside itself" },
    { contacts: ["*;expires=0"], refused: "400 contact", because: "a star has no parameters" },
    { contacts: ["sip:a@h?x=y"], refused: "400 contact", because: '"?" needs <> (RFC 3261 §20.10)' },
    { contacts: ["<sip:a@h:0>"], refused: "400 uri", because: "port 0 cannot be sent to" },
    { contacts: ["<sip:a@h:99999>"], refused: "400 uri", because: "no port is that large" },
    { contacts: ["<sip:a@[::g]>"], refused: "400 uri", because: "g is no hex digit" },
    { contacts: ["<sip:a@h"], refused: "400 contact", because: "< is not closed" },
    { contacts: ["<>"], refused: "400 contact", because: "nothing is no URI" },
    { contacts: ["<sip:a@h>,"], refused: "400 contact", because: "an empty element" },
    {
      contacts: [Array.from({ length: 33 }, (_, i) => `<sip:${i}@h>`).join(",")],
      refused: "513 contact",
      because: "33 are too many",
    },
  ])("are refused as $refused: $because", ({ contacts, refused }) => {
    expect(refusalOf(contacts)).toBe(refused);
  });
});

describe("what a binding stores has a limit", () => {
  const long = (length: number) => "x".repeat(length);
  test.each([
    { what: "a Contact URI of 512 octets", contacts: [`<sip:${long(506)}@h>`], fields: {}, refused: "none" },
    {
      what: "a Contact URI of 513 octets",
      contacts: [`<sip:${long(507)}@h>`],
      fields: {},
      refused: "400 header_limit",
    },
    { what: "a Call-ID of 255 octets", contacts: [], fields: { callId: long(255) }, refused: "none" },
    { what: "a Call-ID of 256 octets", contacts: [], fields: { callId: long(256) }, refused: "400 header_limit" },
    { what: "an AoR of 255 octets", contacts: [], fields: { to: `<sip:${long(253)}@h>` }, refused: "none" },
    { what: "an AoR of 256 octets", contacts: [], fields: { to: `<sip:${long(254)}@h>` }, refused: "400 header_limit" },
    {
      what: "an instance of 255 octets",
      contacts: [`<sip:a@h>;+sip.instance="${long(255)}"`],
      fields: {},
      refused: "none",
    },
    {
      what: "an instance of 256 octets",
      contacts: [`<sip:a@h>;+sip.instance="${long(256)}"`],
      fields: {},
      refused: "400 header_limit",
    },
    {
      what: "a Path of 512 octets",
      contacts: [],
      fields: { headers: [`Path: <sip:${long(503)};lr>`] },
      refused: "none",
    },
    {
      what: "a Path of 513 octets",
      contacts: [],
      fields: { headers: [`Path: <sip:${long(504)};lr>`] },
      refused: "400 header_limit",
    },
  ])("$what: $refused", ({ contacts, fields, refused }) => {
    expect(refusalOf(contacts, fields)).toBe(refused);
  });

  test("a User-Agent is cut, not refused: nobody acts on it", () => {
    expect(read([], { headers: [`User-Agent: ${long(300)}`] }).userAgent).toBe(long(255));
  });
});

describe("Path (RFC 3327)", () => {
  test.each([
    { headers: [], path: null, has: false, because: "there is none" },
    { headers: ["Path: <sip:p1;lr>"], path: "<sip:p1;lr>", has: false, because: "one, not announced" },
    {
      headers: ["Path: <sip:p1;lr>", "Supported: 100rel, PATH"],
      path: "<sip:p1;lr>",
      has: true,
      because: "option tags have no case",
    },
    {
      headers: ["Path: <sip:p1;lr> , <sip:p2;lr>", "Path: <sip:p3;lr;ob>"],
      path: "<sip:p1;lr>,<sip:p2;lr>,<sip:p3;lr;ob>",
      has: false,
      because: "the order is kept",
    },
  ])("$headers -> $path: $because", ({ headers, path, has }) => {
    expect(read([], { headers })).toMatchObject({ path, hasPathSupport: has });
  });

  test.each([
    { path: "<sip:p1>", because: "a strict router cannot be a Route of ours (§4)" },
    { path: "<sip:p1;lr>, <sip:p2>", because: "each of them is one" },
    { path: "nonsense", because: "it would go into every probe" },
    { path: "<sip:p1;lr", because: "< is not closed" },
    { path: "<sip:p1:0;lr>", because: "port 0 is no port" },
    { path: "<sip:p1;lr>,", because: "an empty element" },
  ])("'$path' is refused: $because", ({ path }) => {
    expect(refusalOf([], { headers: [`Path: ${path}`, "Supported: path"] })).toBe("400 uri");
  });
});

test("the methods of Allow become Kamailio's bits, none means all", () => {
  expect(read([], { headers: ["Allow: INVITE, ACK, __proto__", "Allow: OPTIONS"] }).methods).toBe(1 + 4 + 512);
  expect(read([]).methods).toBe(4_294_967_295);
});

/**
 * What holds for every message: printed and parsed again it is the same; broken, it is refused, in time and by one error.
 *
 * @module
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseContacts, parseNameAddr, quote } from "../../../src/sip/syntax/address.ts";
import { MessageParseError } from "../../../src/sip/syntax/errors.ts";
import type { SipRequest } from "../../../src/sip/syntax/message.ts";
import { checkRequest, parseMessage } from "../../../src/sip/syntax/parse.ts";
import { printReply, printRequest } from "../../../src/sip/syntax/print.ts";
import { ReplyHead } from "../../../src/sip/syntax/reply-head.ts";
import { parseUri, printUri, uriEquals } from "../../../src/sip/syntax/uri.ts";
import { parseVia } from "../../../src/sip/syntax/via.ts";
import { aRegister, octetsOf, registerText, tortureNames, tortureOctets, verdictOf } from "./messages.ts";

const charactersOf = (characters: string) => fc.constantFrom(...characters);
const ALPHANUMERIC = "abcXYZ019";
const word = fc.string({ unit: charactersOf(`${ALPHANUMERIC}-_.!~*'`), minLength: 1, maxLength: 12 });
const user = fc.string({
  unit: fc.oneof(charactersOf(`${ALPHANUMERIC}-_.!~*'()&=+$,;?/`), fc.constantFrom("%20", "%2f", "%00", "%41")),
  minLength: 1,
  maxLength: 12,
});
const host = fc.oneof(
  fc.ipV4(),
  fc.ipV6().map((address) => `[${address}]`),
  fc.constantFrom("example.org", "a-b.c_d.invalid", "localhost"),
);
const port = fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: null });
const latin1 = fc.string({
  unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)),
  maxLength: 20,
});
const params = fc.uniqueArray(fc.tuple(word, fc.option(word, { nil: null })), {
  selector: ([name]) => name.toLowerCase(),
  maxLength: 5,
});

const printParamList = (list: readonly (readonly [string, string | null])[]) =>
  list.map(([name, value]) => (value === null ? `;${name}` : `;${name}=${value}`)).join("");

const uri = fc
  .record({ scheme: fc.constantFrom("sip", "sips"), user: fc.option(user, { nil: null }), host, port, params })
  .map(
    (parts) =>
      `${parts.scheme}:${parts.user === null ? "" : `${parts.user}@`}${parts.host}` +
      `${parts.port === null ? "" : `:${parts.port}`}${printParamList(parts.params)}`,
  );

describe("printed and parsed again", () => {
  test("a URI is equal to itself, and printed the same after a second reading", () => {
    fc.assert(
      fc.property(uri, (text) => {
        const once = parseUri(text);
        const again = parseUri(printUri(once));
        expect(again).toEqual(once);
        expect(uriEquals(once, again)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("uriEquals is symmetric", () => {
    fc.assert(
      fc.property(uri, uri, (a, b) => uriEquals(parseUri(a), parseUri(b)) === uriEquals(parseUri(b), parseUri(a))),
      { numRuns: 500 },
    );
  });

  test("an address keeps its name, URI and parameters", () => {
    fc.assert(
      fc.property(latin1, uri, params, (name, inner, list) => {
        const read = parseNameAddr(`${quote(name)} <${inner}>${printParamList(list)}`);
        expect(read.displayName).toBe(name);
        expect(read.uri).toBe(inner);
        expect([...read.params]).toEqual(list.map(([key, value]) => [key.toLowerCase(), value]));
      }),
      { numRuns: 500 },
    );
  });

  test("a request keeps its method, URI, headers and body", () => {
    const header = fc.tuple(
      word.map((name) => `X-${name}`),
      latin1.map((value) => value.trim()),
    );
    fc.assert(
      fc.property(word, uri, fc.array(header, { maxLength: 20 }), latin1, (method, requestUri, headers, body) => {
        const message = parseMessage(octetsOf(printRequest({ method, requestUri, headers, body })));
        expect(message).toMatchObject({ kind: "request", method, requestUri, body });
        for (const name of new Set(headers.map(([key]) => key.toLowerCase()))) {
          const values = headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => trimmed(value));
          expect(message.headers.all(name)).toEqual(values);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("a reply is read by the fast path as it was printed", () => {
    const head = new ReplyHead();
    fc.assert(
      fc.property(word, host, port, fc.integer({ min: 100, max: 699 }), (branch, sentBy, sentByPort, status) => {
        const via = `Via: SIP/2.0/UDP ${sentBy}${sentByPort === null ? "" : `:${sentByPort}`};branch=${branch};rport`;
        const request = aRegister({ lines: { Via: via } });
        const reply = { status, reason: "Any", toTag: "t", source: { address: "192.0.2.1", port: 1 } };
        const octets = octetsOf(printReply(request, reply));
        expect(head.read(octets, octets.length)).toBe(true);
        expect([head.status, head.branchText(octets), head.viaCount]).toEqual([status, branch, 1]);
        expect(head.cseqMethodIs(octets, "REGISTER")).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

/** SP and HT only: NEL and NBSP are octets like any other. */
const trimmed = (value: string) => value.replace(/^[ \t]+|[ \t]+$/g, "");

/** Reads everything that can be read; whatever is refused must be refused by a MessageParseError. */
function readAll(octets: Buffer): void {
  verdictOf(octets);
  const head = new ReplyHead();
  head.read(octets, octets.length);
  refusedOrNot(() => {
    const message = parseMessage(octets);
    refusedOrNot(() => parseContacts(message.headers));
    refusedOrNot(() => message.headers.list("route").map((value) => parseNameAddr(value)));
    if (message.kind === "response") return;
    refusedOrNot(() => {
      checkRequest(message);
      printReply(message, REPLY);
    });
  });
}

const REPLY = { status: 200, reason: "x", toTag: "t", source: { address: "192.0.2.1", port: 1 } };

/** A refusal that carries a request can be answered; printing the answer throws nothing. */
function refusedOrNot(read: () => unknown): void {
  let request: SipRequest | null = null;
  try {
    read();
  } catch (error) {
    if (!(error instanceof MessageParseError)) throw error;
    request = error.request;
  }
  if (request !== null) printReply(request, REPLY);
}

describe("broken", () => {
  const seeds = [...tortureNames().map(tortureOctets), octetsOf(registerText())];
  const edit = fc.record({
    at: fc.nat(4_000),
    removed: fc.nat(3),
    inserted: fc.oneof(
      fc.constantFrom(
        "\r\n",
        "\r",
        "\n",
        "\r\n ",
        ",",
        ";",
        '"',
        "<",
        ">",
        "\\",
        "%",
        ":",
        "[",
        "]",
        "=",
        "\0",
        "@",
        " ",
      ),
      latin1,
    ),
  });

  test("messages with a few octets changed are read or refused, and every refusal can be answered", () => {
    fc.assert(
      fc.property(fc.constantFrom(...seeds), fc.array(edit, { minLength: 1, maxLength: 6 }), (seed, edits) => {
        let text = seed.toString("latin1");
        for (const { at, removed, inserted } of edits) {
          const place = at % (text.length + 1);
          text = text.slice(0, place) + inserted + text.slice(place + removed);
        }
        readAll(octetsOf(text));
      }),
      { numRuns: 3_000 },
    );
  });

  test("random octets are read or refused", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => readAll(Buffer.from(octets))),
      { numRuns: 1_000 },
    );
  });

  test("random values are read or refused", () => {
    fc.assert(
      fc.property(latin1, (text) => {
        for (const read of [parseUri, parseVia, parseNameAddr]) refusedOrNot(() => read(text));
      }),
      { numRuns: 2_000 },
    );
  });
});

/** No more than this for 60,000 octets on any machine: linear work takes about 1 ms. */
const FLOOD_MS_MAX = 50;
const FLOOD_OCTETS = 60_000;

describe("floods", () => {
  const atoms = [
    '"',
    ",",
    "<",
    ">",
    ";",
    ":",
    "\\",
    '\\"',
    "%",
    "%41",
    " ",
    "\t",
    "=",
    ";a",
    ";a=",
    ';a="',
    '",',
    "[",
    "::",
  ];
  const lines = [
    "\r\n",
    "\r\n ",
    "\r",
    "\n",
    "\n ",
    "a:\r\n",
    "a\r\n",
    "\r\n \r\n",
    "v: x\r\n",
    "m: <\r\n",
    "a",
    "a:b\r\n ",
  ];
  const filled = (atom: string) => atom.repeat(Math.floor(FLOOD_OCTETS / atom.length));

  function spentMs(action: () => void): number {
    const startedMs = performance.now();
    action();
    return performance.now() - startedMs;
  }

  test.each(atoms)("60,000 octets of %j as a value are read or refused in time", (atom) => {
    for (const start of ["", "sip:a@h", "<sip:a@h>", "SIP/2.0/UDP h", '"', "<", "sip:", "SIP/2.0/"]) {
      const value = start + filled(atom);
      for (const read of [parseUri, parseVia, parseNameAddr]) {
        expect(spentMs(() => refusedOrNot(() => read(value)))).toBeLessThan(FLOOD_MS_MAX);
      }
    }
  });

  test.each([...atoms, ...lines])("a message of 60,000 octets of %j is read or refused in time", (atom) => {
    const full = filled(atom);
    const texts = [
      full,
      `REGISTER ${full}`,
      `REGISTER sip:h SIP/2.0\r\n${full}`,
      registerText({ more: [`Subject: ${full}`] }),
      registerText({ lines: { Contact: `Contact: ${full.slice(0, 8_000)}` } }),
      registerText({ lines: { Via: `Via: ${full.slice(0, 8_000)}` } }),
      registerText({ more: new Array<string>(100).fill(`Contact: ${full.slice(0, 500)}`) }),
    ];
    for (const text of texts) {
      const octets = octetsOf(text.slice(0, 65_000));
      expect(spentMs(() => readAll(octets))).toBeLessThan(2 * FLOOD_MS_MAX);
    }
  });
});

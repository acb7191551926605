import { connect } from "node:net";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { ParseReason } from "../../src/sip/syntax/errors.ts";
import {
  answersUntilWell,
  EngineHost,
  expectWell,
  openTcpPhone,
  openUdpPhone,
  type TcpPhone,
  type UdpPhone,
} from "../fakes/engine-host.ts";
import { registerText, replyText, requestText } from "../fakes/sip-text.ts";

let host: EngineHost;

beforeAll(async () => {
  host = await EngineHost.open();
  const phone = await openUdpPhone(host.port("udp"));
  phone.send(registerText(["<sip:resident@h>"]));
  await phone.inbox.nextAnswer();
  phone.close();
});
afterAll(() => host.stop());

async function udpPhone(): Promise<UdpPhone> {
  const phone = await openUdpPhone(host.port("udp"));
  onTestFinished(() => phone.close());
  return phone;
}

async function tcpPhone(): Promise<TcpPhone> {
  const phone = await openTcpPhone(host.port("tcp"));
  onTestFinished(() => phone.close());
  return phone;
}

const parseErrors = (transport: "udp" | "tcp", reason?: ParseReason): Promise<number> =>
  host.metric("transportParseErrors", transport, ...(reason === undefined ? [] : [reason]));

const octets = (length: number, at: (index: number) => number): Buffer =>
  Buffer.from(Uint8Array.from({ length }, (_, index) => at(index)));

const edited = (from: string | RegExp, to: string): string => registerText(["<sip:a@h>"]).replace(from, to);

/** What is refused whatever carries it; `status` null = dropped in silence. */
const REFUSED: readonly { what: string; text: string | Buffer; reason: ParseReason; status: number | null }[] = [
  { what: "an HTTP request", text: "GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", reason: "start_line", status: null },
  { what: "a line and nothing more", text: "hello\r\nContent-Length: 0\r\n\r\n", reason: "start_line", status: null },
  { what: "another version", text: edited("SIP/2.0\r\n", "SIP/4.0\r\n"), reason: "version", status: 505 },
  {
    what: "a space too many in the request line",
    text: edited("R sip:", "R  sip:"),
    reason: "start_line",
    status: 400,
  },
  { what: "no Via", text: edited(/Via:.*\r\n/, ""), reason: "missing_header", status: null },
  { what: "a Via nobody can read", text: edited(/Via:.*\r\n/, "Via: ;;;\r\n"), reason: "via", status: null },
  { what: "a Via with port 99999", text: edited(":5060;branch", ":99999;branch"), reason: "via", status: null },
  { what: "an rport of 99999", text: edited(";rport", ";rport=99999"), reason: "via", status: null },
  { what: "no From", text: edited(/From:.*\r\n/, ""), reason: "missing_header", status: 400 },
  { what: "no Call-ID", text: edited(/Call-ID:.*\r\n/, ""), reason: "missing_header", status: 400 },
  { what: "two Call-IDs", text: edited("Call-ID:", "Call-ID: a\r\nCall-ID:"), reason: "duplicate_header", status: 400 },
  { what: "a CSeq of 2^32", text: edited("1 REGISTER", "4294967296 REGISTER"), reason: "cseq", status: 400 },
  { what: "a negative CSeq", text: edited("1 REGISTER", "-1 REGISTER"), reason: "cseq", status: 400 },
  { what: "a CSeq of another method", text: edited("1 REGISTER", "1 INVITE"), reason: "cseq", status: 400 },
  { what: "a Max-Forwards of 10^30", text: edited("70", `1${"0".repeat(30)}`), reason: "max_forwards", status: 400 },
  { what: "a Call-ID of two words", text: edited("Call-ID: ", "Call-ID: two "), reason: "call_id", status: 400 },
  { what: "a To without a scheme", text: registerText([], { to: "<alice@example.org>" }), reason: "to", status: 400 },
  { what: "a To of an unknown scheme", text: registerText([], { to: "<isbn:1>" }), reason: "to", status: 400 },
  {
    what: "a From that is not closed",
    text: registerText([], { from: '"Alice <sip:a@h>;tag=1' }),
    reason: "from",
    status: 400,
  },
  { what: "a Contact with port 0", text: registerText(["<sip:a@127.0.0.1:0>"]), reason: "uri", status: 400 },
  { what: "a Contact with port 99999", text: registerText(["<sip:a@127.0.0.1:99999>"]), reason: "uri", status: 400 },
  { what: "a Contact that is not closed", text: registerText(["<sip:a@h"]), reason: "contact", status: 400 },
  { what: "a star beside a Contact", text: registerText(["*", "<sip:a@h>"]), reason: "contact", status: 400 },
  {
    what: "a hundred Contacts",
    text: registerText([Array(100).fill("<sip:a@h>").join(",")]),
    reason: "contact",
    status: 513,
  },
  {
    what: "a Contact of 600 octets",
    text: registerText([`<sip:${"a".repeat(600)}@h>`]),
    reason: "header_limit",
    status: 400,
  },
  { what: "a Path that is none", text: registerText([], { headers: ["Path: @@@"] }), reason: "uri", status: 400 },
  { what: "a header line without a name", text: registerText([], { headers: [": x"] }), reason: "header", status: 400 },
  { what: "a header line without a colon", text: registerText([], { headers: ["x"] }), reason: "header", status: 400 },
  {
    what: "a bare LF inside a header",
    text: registerText([], { headers: ["X: a\nVia: evil"] }),
    reason: "header",
    status: 400,
  },
  {
    what: "a bare CR inside a header",
    text: registerText([], { headers: ["X: a\rVia: evil"] }),
    reason: "header",
    status: 400,
  },
  {
    what: "200 header lines",
    text: registerText([], { headers: Array(200).fill("X: y") }),
    reason: "header_limit",
    status: 513,
  },
  {
    what: "a header of 9,000 octets",
    text: registerText([], { headers: [`X: ${"y".repeat(9_000)}`] }),
    reason: "header_limit",
    status: 513,
  },
  {
    what: "70 Vias",
    text: edited("Via: ", `Via: ${"SIP/2.0/UDP h;branch=z9hG4bK1,".repeat(70)}`),
    reason: "via",
    status: 400,
  },
  { what: "an escape without digits", text: registerText([], { uri: "sip:%zz@h" }), reason: "uri", status: 400 },
  { what: "a Request-URI with headers", text: registerText([], { uri: "sip:h?Route=x" }), reason: "uri", status: 400 },
];

describe.each(["udp", "tcp"] as const)("over %s, what cannot be a registration", (transport) => {
  test.each(REFUSED)("$what is refused ($reason, $status)", async ({ text, reason, status }) => {
    const phone = transport === "udp" ? await udpPhone() : await tcpPhone();
    const before = {
      table: host.table(),
      all: await parseErrors(transport),
      one: await parseErrors(transport, reason),
    };
    phone.send(text);
    expect(await answersUntilWell(phone)).toEqual(status === null ? [] : [status]);
    expect(await parseErrors(transport, reason)).toBe(before.one + 1);
    expect(await parseErrors(transport)).toBe(before.all + 1);
    expect(host.table()).toEqual(before.table);
  });
});

describe("over UDP", () => {
  test.each([
    { what: "one octet", text: "X", reason: "truncated" as const },
    { what: "binary octets", text: octets(400, (index) => (index * 37) & 0xff), reason: "truncated" as const },
    { what: "zeros", text: Buffer.alloc(1_000), reason: "truncated" as const },
    { what: "0xff", text: Buffer.alloc(65_507, 0xff), reason: "truncated" as const },
    { what: "a TLS hello", text: Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]), reason: "truncated" as const },
    {
      what: "the largest datagram, all quotes",
      text: `REGISTER sip:h SIP/2.0\r\nTo: ${'"'.repeat(65_400)}`,
      reason: "truncated" as const,
    },
  ])("$what is dropped and counted", async ({ text, reason }) => {
    const phone = await udpPhone();
    const before = await parseErrors("udp", reason);
    phone.send(text);
    await expectWell(phone);
    expect(await parseErrors("udp", reason)).toBe(before + 1);
  });

  test.each([
    { sent: 5, status: 400, because: "the datagram is shorter (RFC 3261 §18.3)" },
    { sent: 10 ** 12, status: 400, because: "the datagram is much shorter" },
    { sent: "1e3", status: 400, because: "a number has digits only" },
    { sent: "", status: 400, because: "nothing is no number" },
    { sent: "0x0", status: 400, because: "a number has digits only" },
    { sent: 0, status: 200, because: "that is right" },
    { sent: "0000000000000000", status: 200, because: "zeros in front are fine" },
  ])("a Content-Length of '$sent' before an empty body is answered $status: $because", async ({ sent, status }) => {
    const phone = await udpPhone();
    phone.send(registerText([]).replace("Content-Length: 0", `Content-Length: ${sent}`));
    expect(await answersUntilWell(phone)).toEqual([status]);
  });

  test("octets behind the body are no second message (RFC 3261 §18.3)", async () => {
    const phone = await udpPhone();
    phone.send(registerText([]) + registerText(["<sip:second@h>"], { to: "<sip:second@example.org>" }));
    expect(await answersUntilWell(phone)).toEqual([200]);
    expect(host.views().map(({ address }) => address)).not.toContain("sip:second@h");
  });

  test("a REGISTER cut off at any octet changes nothing and is counted", async () => {
    const phone = await udpPhone();
    const text = registerText(["<sip:cut@h>"], { to: "<sip:cut@example.org>" });
    const before = { table: host.table(), truncated: await parseErrors("udp", "truncated") };
    const statuses = new Set<number>();
    for (let length = 1; length < text.length; length++) {
      phone.send(text.slice(0, length));
      for (const status of await answersUntilWell(phone)) statuses.add(status);
    }
    expect([...statuses]).toEqual([400]);
    expect(await parseErrors("udp", "truncated")).toBe(before.truncated + text.length - 1);
    expect(host.table()).toEqual(before.table);
    phone.send(text);
    expect(await answersUntilWell(phone)).toEqual([200]);
  });

  test.each([
    { what: "a CSeq that does not fit", line: "SIP/2.0 200 OK", cseq: "99999999999 OPTIONS" },
    { what: "a status that does not fit", line: "SIP/2.0 4294967301 Better", cseq: "1 OPTIONS" },
    { what: "no reason phrase", line: "SIP/2.0 200", cseq: "1 OPTIONS" },
    { what: "a provisional status", line: "SIP/2.0 100 Trying", cseq: "1 OPTIONS" },
    { what: "another version", line: "SIP/9.9 200 OK", cseq: "1 OPTIONS" },
  ])("a response with $what is never answered (RFC 3261 §18.1.2)", async ({ line, cseq }) => {
    const phone = await udpPhone();
    phone.send(replyText(requestText(), line).replace("1 OPTIONS", cseq));
    await expectWell(phone);
  });

  test.each([
    { what: "quotes", value: '"'.repeat(8_000) },
    { what: "commas", value: ",".repeat(8_000) },
    { what: "brackets", value: "<".repeat(8_000) },
    { what: "parameters", value: `<sip:a@h>${";a".repeat(4_000)}` },
    { what: "escaped quotes", value: `"${'\\"'.repeat(3_990)}` },
    { what: "folds", value: "\r\n ".repeat(2_600) },
    { what: "IPv6 groups", value: `<sip:[${"1:".repeat(3_900)}]>` },
  ])("eight lines of $what cost no noticeable time (C13)", async ({ value }) => {
    const phone = await udpPhone();
    const headers = ["Contact", "m", "Path", "Supported", "Require", "Route", "Allow"].map(
      (name) => `${name}: ${value}`,
    );
    phone.send(registerText([], { to: value, headers }));
    await answersUntilWell(phone);
  });

  test("an empty Via line before the real one, in a request that is refused, is answered and harms nobody", async () => {
    const phone = await udpPhone();
    phone.send(
      registerText([])
        .replace("Via:", "Via:\r\nVia:")
        .replace(/CSeq:.*\r\n/, ""),
    );
    expect(await answersUntilWell(phone)).toEqual([400]);
  });

  test("mutations of a REGISTER never bring the engine down", async () => {
    const phone = await udpPhone();
    const mutation = fc.record({
      at: fc.nat(),
      cut: fc.nat(30),
      insert: fc.oneof(
        fc.string({ unit: "binary-ascii", maxLength: 8 }),
        fc.constantFrom("\r\n", ",", ";", '"', "<", ">", "%", "\0", "\x7f\xff", "*", "=", ":", "9".repeat(40), "\r\n "),
        fc.constantFrom("__proto__", "constructor", "\r\n\r\n", "SIP/2.0 ", ";expires=0", "Contact: *\r\n"),
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 5 }), async (mutations) => {
        let text = registerText(["<sip:a@h>;expires=60", '"B" <sip:b@h;ob>;q=0.5;+sip.instance="<urn:x>"'], {
          headers: ["Path: <sip:p;lr>", "Supported: path", "Require: path", "Expires: 90"],
        });
        for (const { at, cut, insert } of mutations) {
          const start = at % text.length;
          text = text.slice(0, start) + insert + text.slice(start + cut);
        }
        phone.send(text);
        await answersUntilWell(phone);
      }),
      { numRuns: 300 },
    );
  });
});

describe("names and numbers that trip programs are only names and numbers (C14)", () => {
  test.each([
    {
      what: "names of properties",
      to: "<sip:__proto__@constructor>",
      contact: "<sip:toString@hasOwnProperty;__proto__=1>;__proto__=2;constructor",
      headers: ["__proto__: x", "constructor: y"],
    },
    { what: "an Expires of 10^30", to: "<sip:n1@h>", contact: "<sip:n1@h>", headers: [`Expires: 1${"0".repeat(30)}`] },
    { what: "an expires of 10^30", to: "<sip:n2@h>", contact: `<sip:n2@h>;expires=1${"0".repeat(30)}`, headers: [] },
    {
      what: "a q and a reg-id of 10^30",
      to: "<sip:n3@h>",
      contact: `<sip:n3@h>;q=1${"0".repeat(30)};+sip.instance="<a>";reg-id=1${"0".repeat(30)}`,
      headers: [],
    },
    { what: "a host that does not resolve", to: "<sip:n4@h>", contact: "<sip:n4@no-such-host.invalid>", headers: [] },
    {
      what: "octets beyond ASCII",
      to: "<sip:n5@h>",
      contact: '"\xc3\xa4\xff" <sip:n5@h>',
      headers: ["User-Agent: \xff\x1b[31m"],
    },
  ])("$what: the contact is bound, and can be looked up and removed", async ({ to, contact, headers }) => {
    const phone = await udpPhone();
    const size = host.views().length;
    phone.send(registerText([contact], { to, headers }));
    expect(await answersUntilWell(phone)).toEqual([200]);
    expect(host.engine.lookup(to.slice(5, -1))).toHaveLength(1);
    phone.send(registerText(["*"], { to, headers: ["Expires: 0"] }));
    expect(await answersUntilWell(phone)).toEqual([200]);
    expect(host.views()).toHaveLength(size);
  });
});

describe("over TCP", () => {
  test.each([
    {
      what: "a body of 2 GB is announced",
      text: edited("Content-Length: 0", "Content-Length: 2000000000"),
      statuses: [400],
    },
    { what: "Content-Length is not a number", text: edited("Content-Length: 0", "Content-Length: x"), statuses: [400] },
    { what: "the first octet starts no message", text: "\x16\x03\x01", statuses: [] },
    { what: "headers never end", text: `REGISTER sip:h SIP/2.0\r\n${"X: y\r\n".repeat(8_000)}`, statuses: [] },
    { what: "a line never ends", text: "A".repeat(40_000), statuses: [] },
  ])("when $what the connection ends, and others go on", async ({ text, statuses }) => {
    const phone = await tcpPhone();
    const table = host.table();
    const closed = await host.metric("transportConnectionsClosed", "tcp", "malformed");
    phone.send(text);
    await phone.hungUp;
    expect(phone.inbox.all.map((reply) => Number(reply.toString("latin1", 8, 11)))).toEqual(statuses);
    expect(await host.metric("transportConnectionsClosed", "tcp", "malformed")).toBe(closed + 1);
    expect(host.table()).toEqual(table);
    await expectWell(await tcpPhone(), "TCP");
  });

  test("a REGISTER cut off at any octet by a reset changes nothing", async () => {
    const table = host.table();
    const text = Buffer.from(registerText(["<sip:a@h>"]));
    const connections = () => host.metric("transportConnections", "tcp");
    await expect.poll(connections).toBe(0);
    for (let length = 0; length < text.length; length += 3) {
      const socket = connect({ port: host.port("tcp"), host: "127.0.0.1" });
      socket.on("error", () => {});
      await new Promise<void>((resolve) => socket.once("connect", resolve));
      socket.write(text.subarray(0, length), () => socket.resetAndDestroy());
      await new Promise<void>((resolve) => socket.once("close", () => resolve()));
    }
    await expectWell(await tcpPhone(), "TCP");
    await expect.poll(connections).toBe(1);
    expect(host.table()).toEqual(table);
  });
});

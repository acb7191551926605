/**
 * The messages of RFC 4475 and RFC 5118, octet for octet, against the real engine: what it answers, and that it is well
 * afterwards. Each message has a socket of its own, because a pair of them shares branch, sent-by and method, and a
 * server answers the second of such a pair from the first transaction (RFC 3261 §17.2.3).
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { answersUntilWell, EngineHost, expectWell, openTcpPhone, openUdpPhone } from "../fakes/engine-host.ts";

/** What becomes of a connection: the next request is answered, or it ends, or what comes next is taken for a rest. */
type Connection = "open" | "over" | "stuck";

/** `answers` over UDP; `tcp` where a stream makes a difference: other answers, and what becomes of the connection. */
interface Row {
  readonly name: string;
  readonly answers: readonly number[];
  readonly tcp?: { readonly answers: readonly number[]; readonly connection: Connection; readonly because: string };
  readonly because: string;
}

const NO_LENGTH = {
  answers: [400],
  connection: "over" as const,
  because: "without Content-Length a stream has no end of message",
};
const EXCESS = { answers: [405], because: "what follows the body is taken for the next message" };

const ROWS: readonly Row[] = [
  { name: "rfc4475/wsinv", answers: [405], because: "legal, and an INVITE is not for a registrar" },
  { name: "rfc4475/intmeth", answers: [405], because: "legal, and nobody knows the method" },
  { name: "rfc4475/esc01", answers: [405], because: "escapes are legal; an INVITE" },
  { name: "rfc4475/escnull", answers: [200], because: "%00 is legal: two contacts are bound" },
  { name: "rfc4475/esc02", answers: [405], because: "a method is never unescaped: RE%47IST%45R is no REGISTER" },
  { name: "rfc4475/lwsdisp", answers: [200], because: "OPTIONS; no space is needed before <" },
  { name: "rfc4475/longreq", answers: [405], because: "long is not too long; an INVITE" },
  {
    name: "rfc4475/dblreq",
    answers: [200],
    tcp: {
      answers: [200, 405],
      connection: "stuck",
      because: "the excess is an INVITE, whose body is too long in turn",
    },
    because: "the octets behind the REGISTER are dropped",
  },
  { name: "rfc4475/semiuri", answers: [200], because: "OPTIONS; a semicolon in the user is no parameter" },
  { name: "rfc4475/transports", answers: [200], because: "OPTIONS; a Via may name any transport" },
  { name: "rfc4475/mpart01", answers: [405], because: "a MESSAGE" },
  { name: "rfc4475/unreason", answers: [], because: "a response" },
  { name: "rfc4475/noreason", answers: [], because: "a response" },
  { name: "rfc4475/badinv01", answers: [400], because: "separators without values" },
  {
    name: "rfc4475/clerr",
    answers: [400],
    tcp: { answers: [], connection: "stuck", because: "the rest of the body is awaited" },
    because: "the body is shorter than promised",
  },
  { name: "rfc4475/ncl", answers: [400], tcp: NO_LENGTH, because: "a length is not negative" },
  { name: "rfc4475/scalar02", answers: [400], because: "CSeq is beyond 2^32-1" },
  { name: "rfc4475/scalarlg", answers: [], because: "a response, and not even a good one" },
  { name: "rfc4475/quotbal", answers: [400], because: "a quoted name is not closed" },
  { name: "rfc4475/ltgtruri", answers: [400], because: "a Request-URI stands without <>" },
  { name: "rfc4475/lwsruri", answers: [400], because: "white space inside the Request-URI" },
  { name: "rfc4475/lwsstart", answers: [400], because: "two spaces in the request line" },
  { name: "rfc4475/trws", answers: [400], because: "a space at the end of the request line" },
  { name: "rfc4475/escruri", answers: [400], because: "a Request-URI has no headers" },
  { name: "rfc4475/baddate", answers: [405], because: "nobody reads the Date of an INVITE" },
  { name: "rfc4475/regbadct", answers: [400], because: '"?" in a Contact needs <>' },
  { name: "rfc4475/badaspec", answers: [400], because: "white space inside <>" },
  {
    name: "rfc4475/baddn",
    answers: [400],
    tcp: { answers: [], connection: "stuck", because: "the blank line is awaited" },
    because: "the recorded file has no blank line",
  },
  { name: "rfc4475/badvers", answers: [505], because: "SIP/7.0" },
  { name: "rfc4475/mismatch01", answers: [400], because: "CSeq names another method" },
  { name: "rfc4475/mismatch02", answers: [400], because: "CSeq names another unknown method" },
  { name: "rfc4475/bigcode", answers: [], because: "a response with a status of ten digits" },
  {
    name: "rfc4475/badbranch",
    answers: [200],
    because: "OPTIONS; a branch of the cookie alone is no reason to refuse",
  },
  { name: "rfc4475/insuf", answers: [400], because: "From, To and Call-ID are missing" },
  { name: "rfc4475/unkscm", answers: [416], because: "nobody knows the scheme" },
  { name: "rfc4475/novelsc", answers: [416], because: "the scheme is known, but not ours" },
  { name: "rfc4475/unksm2", answers: [400], because: "an address-of-record is sip, sips or tel (§3.3.4)" },
  { name: "rfc4475/bext01", answers: [420], because: "an extension nobody knows is required" },
  { name: "rfc4475/invut", answers: [405], because: "an INVITE" },
  {
    name: "rfc4475/regaut01",
    answers: [200],
    because: "an unknown scheme of credentials is none, and none are needed",
  },
  { name: "rfc4475/multi01", answers: [400], because: "several CSeq, Call-ID, From, To" },
  {
    name: "rfc4475/mcl01",
    answers: [400],
    tcp: { ...NO_LENGTH, because: "two lengths are none" },
    because: "two Content-Lengths",
  },
  { name: "rfc4475/bcast", answers: [], because: "a response, and its Via is not ours" },
  { name: "rfc4475/zeromf", answers: [200], because: "OPTIONS; Max-Forwards 0 does not matter to its target" },
  { name: "rfc4475/cparam01", answers: [200], because: "an unknown Contact parameter" },
  { name: "rfc4475/cparam02", answers: [200], because: "an unknown URI parameter" },
  { name: "rfc4475/regescrt", answers: [200], because: "URI headers inside <>" },
  { name: "rfc4475/sdp01", answers: [405], because: "an INVITE" },
  { name: "rfc4475/inv2543", answers: [405], tcp: NO_LENGTH, because: "an INVITE of RFC 2543 is understood" },
  {
    name: "rfc4475/test",
    answers: [],
    because: "no version and no Via: nothing to answer to",
  },
  { name: "rfc5118/ipv6-good", answers: [200], because: "an IPv6 reference in brackets" },
  { name: "rfc5118/ipv6-bad", answers: [400], because: "an IPv6 address needs brackets in a URI" },
  { name: "rfc5118/port-ambiguous", answers: [200], because: "inside the brackets it is the last group" },
  { name: "rfc5118/port-unambiguous", answers: [200], because: "behind the brackets it is a port" },
  { name: "rfc5118/via-received-param-with-delim", answers: [405], because: "received in brackets is accepted; a BYE" },
  { name: "rfc5118/via-received-param-no-delim", answers: [200], because: "OPTIONS; bare received is the right form" },
  {
    name: "rfc5118/ipv6-in-sdp",
    answers: [405],
    tcp: { ...EXCESS, connection: "stuck" },
    because: "an INVITE, its body too long",
  },
  { name: "rfc5118/mult-ip-in-header", answers: [405], because: "two families in one message; a BYE" },
  {
    name: "rfc5118/mult-ip-in-sdp",
    answers: [405],
    tcp: { ...EXCESS, connection: "stuck" },
    because: "an INVITE, its body too long",
  },
  {
    name: "rfc5118/ipv4-mapped-ipv6",
    answers: [405],
    tcp: { ...EXCESS, connection: "stuck" },
    because: "an INVITE, its body too long",
  },
  { name: "rfc5118/ipv6-correct-abnf-2-colons", answers: [200], because: "two colons before an IPv4 tail" },
  { name: "rfc5118/ipv6-bug-abnf-3-colons", answers: [200], because: "the grammar of RFC 3261 made this by mistake" },
];

const FOLDER = fileURLToPath(new URL("../data/torture", import.meta.url));
const octetsOf = (name: string): Buffer => readFileSync(`${FOLDER}/${name}.dat`);

let host: EngineHost;

beforeAll(async () => {
  host = await EngineHost.open();
});
afterAll(() => host.stop());

test("every message of the archive has a row", () => {
  const files = ["rfc4475", "rfc5118"].flatMap((folder) =>
    readdirSync(`${FOLDER}/${folder}`)
      .filter((file) => file.endsWith(".dat"))
      .map((file) => `${folder}/${file.slice(0, -".dat".length)}`),
  );
  expect(ROWS.map(({ name }) => name).sort()).toEqual(files.sort());
});

describe("over UDP", () => {
  test.each(ROWS)("$name -> $answers: $because", async ({ name, answers }) => {
    const phone = await openUdpPhone(host.port("udp"));
    onTestFinished(() => phone.close());
    phone.send(octetsOf(name));
    expect(await answersUntilWell(phone)).toEqual(answers);
  });
});

describe("over TCP", () => {
  const rows = ROWS.map(({ name, answers, tcp, because }) => ({
    ...{ name, answers, connection: "open" as Connection, because },
    ...tcp,
  }));

  test.each(rows)("$name -> $answers, then the connection is $connection ($because)", async (row) => {
    const phone = await openTcpPhone(host.port("tcp"));
    onTestFinished(() => phone.close());
    phone.send(octetsOf(row.name));
    if (row.connection === "over") await phone.hungUp;
    if (row.connection === "stuck") await expect.poll(() => phone.inbox.all.length).toBe(row.answers.length);
    if (row.connection === "open") expect(await answersUntilWell(phone, "TCP")).toEqual(row.answers);
    const other = await openTcpPhone(host.port("tcp"));
    onTestFinished(() => other.close());
    await expectWell(other, "TCP");
    const statuses = phone.inbox.all.map((reply) => Number(reply.toString("latin1", 8, 11)));
    expect(statuses).toEqual(row.connection === "open" ? [...row.answers, 200] : row.answers);
  });
});

/**
 * The fast path of replies: what it takes, what it leaves, and that it never reads beyond the octets it was given.
 *
 * @module
 */
import { describe, expect, test } from "vitest";
import { parseMessage } from "../../../src/sip/syntax/parse.ts";
import { ReplyHead } from "../../../src/sip/syntax/reply-head.ts";
import { parseVia } from "../../../src/sip/syntax/via.ts";
import { octetsOf, tortureNames, tortureOctets } from "./messages.ts";

const REPLY = [
  "SIP/2.0 200 OK",
  "Via: SIP/2.0/UDP 10.99.0.1:5070;rport=5070;branch=z9hG4bK0123456789abcdef;received=10.99.0.1",
  "From: <sip:keepalive@bench.invalid>;tag=1",
  "To: <sip:alice@bench.invalid>;tag=2",
  "Call-ID: c1",
  "CSeq: 80 OPTIONS",
  "Contact: <sip:alice@10.99.0.1:5091>",
  "Content-Length: 0",
].join("\r\n");

/** A reply with other header lines than the usual Via and CSeq. */
function replyOf(...lines: string[]): string {
  return `SIP/2.0 200 OK\r\n${lines.join("\r\n")}\r\n\r\n`;
}

/** What one `read` found, `null` when it said no. */
function headOf(text: string, reader = new ReplyHead()) {
  const octets = octetsOf(text);
  if (!reader.read(octets, octets.length)) return null;
  return {
    status: reader.status,
    branch: reader.branchText(octets),
    vias: reader.viaCount,
    method: octets.toString("latin1", reader.cseqMethodStart, reader.cseqMethodEnd),
  };
}

const VIA = "Via: SIP/2.0/UDP h;branch=z9hG4bK1";
const CSEQ = "CSeq: 1 OPTIONS";

describe("what it takes", () => {
  test("status, branch, number of Vias and method of a plain reply", () => {
    expect(headOf(`${REPLY}\r\n\r\n`)).toEqual({
      status: 200,
      branch: "z9hG4bK0123456789abcdef",
      vias: 1,
      method: "OPTIONS",
    });
  });

  test("it knows where the body starts", () => {
    const octets = octetsOf(`${REPLY}\r\n\r\nbody`);
    const head = new ReplyHead();
    expect(head.read(octets, octets.length)).toBe(true);
    expect(octets.toString("latin1", head.bodyStart)).toBe("body");
  });

  test.each([
    { via: "v:SIP/2.0/UDP h;branch=b", because: "the compact form" },
    { via: "V : SIP/2.0/UDP h;branch=b", because: "capitals, and a space before the colon" },
    { via: "vIA\t: SIP/2.0/UDP h;BRANCH=b", because: "odd case, and a tab" },
    { via: "Via: SIP/2.0/UDP h ; branch = b ;rport", because: "LWS around the separators" },
    { via: "Via: SIP/2.0/UDP h\r\n ;\r\n\tbranch\r\n =\r\n  b\r\n ", because: "a fold at every place" },
    { via: 'Via: SIP/2.0/UDP h;x=";branch=no, \\" ;branch=no";branch=b', because: "a branch inside quotes is text" },
    { via: "Via: SIP/2.0/UDP h;branchy=no;xbranch=no;branch=b", because: "names that only contain the word" },
    { via: "Via: SIP/2.0/UDP h;branch;branch=b", because: "a branch without a value is passed over" },
    { via: "Via: SIP/2.0/UDP h;branch=b;branch=c", because: "the first branch counts" },
    { via: "Via: SIP/2.0/UDP [::1]:5060;branch=b", because: "IPv6" },
  ])("reads a Via with $because", ({ via }) => {
    expect(headOf(replyOf(via, CSEQ))).toMatchObject({ branch: "b", vias: 1, method: "OPTIONS" });
  });

  test.each([
    { lines: [VIA, "Via: SIP/2.0/UDP p;branch=c"], vias: 2, because: "two lines" },
    { lines: [`${VIA}, SIP/2.0/UDP p;branch=c`], vias: 2, because: "one line with a comma" },
    { lines: [`${VIA} ,\r\n SIP/2.0/TCP p , SIP/2.0/TCP q`, "v: SIP/2.0/UDP r"], vias: 4, because: "both, and folds" },
    { lines: [`${VIA};x="a,b"`], vias: 1, because: "a comma in quotes" },
    { lines: [VIA, "Vias: a, b", "Vi: a", "X-Via: a"], vias: 1, because: "other names" },
    { lines: [VIA, "Subject: x\r\n Via: SIP/2.0/UDP p"], vias: 1, because: "a fold that looks like a Via" },
  ])("counts $vias Vias in $because, and takes the first branch", ({ lines, vias }) => {
    expect(headOf(replyOf(...lines, CSEQ))).toMatchObject({ vias, branch: "z9hG4bK1" });
  });

  test("a second Via without a branch, or with another, does not change the first", () => {
    expect(headOf(replyOf("Via: SIP/2.0/UDP h, SIP/2.0/UDP p;branch=c", CSEQ))).toBe(null);
  });

  test.each([
    { cseq: "cseq:1 OPTIONS", method: "OPTIONS", because: "no space" },
    { cseq: "CSEQ : 0001\r\n \tOPTIONS  ", method: "OPTIONS", because: "LWS and a fold" },
    { cseq: "CSeq: 4294967295 OPTIONS", method: "OPTIONS", because: "the largest number" },
    { cseq: "CSeq: 42949672950 OPTIONS", method: "", because: "a number of eleven digits" },
    { cseq: "CSeq: OPTIONS", method: "", because: "no number" },
    { cseq: "CSeq: 1", method: "", because: "no method" },
    { cseq: "CSeq: 1OPTIONS", method: "", because: "nothing between number and method" },
    { cseq: "CSequence: 1 OPTIONS", method: "", because: "another header" },
    { cseq: "c: 1 OPTIONS", method: "", because: "the compact form of Content-Type" },
  ])("the method of $cseq is '$method': $because", ({ cseq, method }) => {
    expect(headOf(replyOf(VIA, cseq))).toMatchObject({ method });
  });

  test("cseqMethodIs() compares the whole method, case and all (RFC 3261 §7.1)", () => {
    const octets = octetsOf(`${REPLY}\r\n\r\n`);
    const head = new ReplyHead();
    head.read(octets, octets.length);
    const methods = ["OPTIONS", "OPTION", "OPTIONSX", "options", "INFO", ""];
    expect(methods.filter((method) => head.cseqMethodIs(octets, method))).toEqual(["OPTIONS"]);
  });

  test.each(["100", "180", "299", "404", "503", "699"])("status %s", (status) => {
    expect(headOf(`${REPLY}\r\n\r\n`.replace("200", status))).toMatchObject({ status: Number(status) });
  });
});

describe("what it leaves", () => {
  test.each([
    { text: replyOf(CSEQ), because: "no Via" },
    { text: replyOf("Via: SIP/2.0/UDP h", CSEQ), because: "no branch" },
    { text: replyOf("Via: SIP/2.0/UDP h;branch=", CSEQ), because: "an empty branch" },
    { text: replyOf('Via: SIP/2.0/UDP h;branch="b"', CSEQ), because: "a quoted branch: it is a token" },
    { text: replyOf('Via: SIP/2.0/UDP h;x="a;branch=b', CSEQ), because: "a quote that is not closed" },
    { text: replyOf(VIA, CSEQ, CSEQ), because: "two CSeq" },
    { text: replyOf(VIA, "X: a\nb", CSEQ), because: "a bare LF" },
    { text: replyOf(VIA, "X: a\rb", CSEQ), because: "a bare CR" },
    { text: `${REPLY}\r\n`, because: "no blank line" },
    { text: "SIP/2.0 200 OK\r\n\r\n", because: "no header" },
    { text: `${REPLY}\r\n\r\n`.replace("SIP/2.0 200", "sip/2.0 200"), because: "small letters: senders must not" },
    { text: `${REPLY}\r\n\r\n`.replace("SIP/2.0 200", "SIP/2.0 099"), because: "a status below 100" },
    { text: `${REPLY}\r\n\r\n`.replace("SIP/2.0 200", "SIP/2.0 700"), because: "a status above 699" },
    { text: `${REPLY}\r\n\r\n`.replace("200 OK", "2000"), because: "a status of four digits" },
    { text: `${REPLY}\r\n\r\n`.replace("200 OK", "2 0 OK"), because: "a status with a space" },
    { text: "OPTIONS sip:h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=b\r\n\r\n", because: "a request" },
    { text: "", because: "nothing" },
    { text: "\0\0\0\0", because: "a ping of zeros" },
  ])("says no to $because", ({ text }) => {
    expect(headOf(text)).toBe(null);
  });

  test("a reply cut at any octet before the end of its blank line is left", () => {
    const octets = octetsOf(`${REPLY}\r\n\r\n`);
    const head = new ReplyHead();
    for (let length = 0; length < octets.length; length++) {
      expect({ length, isRead: head.read(octets, length) }).toEqual({ length, isRead: false });
    }
    expect(head.read(octets, octets.length)).toBe(true);
  });

  test("what stands behind the length is not read, even when it would complete the reply", () => {
    const octets = octetsOf(`${REPLY}\r\n\r\n`);
    const cut = octets.indexOf("branch=") + "branch=z9hG4bK".length;
    const head = new ReplyHead();
    expect(head.read(octets, cut)).toBe(false);
    expect(head.branchEnd).toBeLessThanOrEqual(cut);
  });

  test("nothing of the reply before remains", () => {
    const head = new ReplyHead();
    expect(headOf(`${REPLY}\r\n\r\n`, head)).not.toBe(null);
    expect(headOf(replyOf("Via: SIP/2.0/UDP h", CSEQ), head)).toBe(null);
    expect(headOf(replyOf(VIA), head)).toEqual({ status: 200, branch: "z9hG4bK1", vias: 1, method: "" });
  });
});

describe("agreement with the full parser", () => {
  const responses = tortureNames().filter((name) => tortureOctets(name).toString("latin1", 0, 8) === "SIP/2.0 ");

  test.each(responses.filter((name) => !name.endsWith("bigcode")))("%s: the same status and top branch", (name) => {
    const octets = tortureOctets(name);
    const message = parseMessage(octets);
    const head = new ReplyHead();
    expect(head.read(octets, octets.length)).toBe(true);
    expect(message).toMatchObject({ status: head.status });
    const vias = message.headers.list("via");
    expect(head.branchText(octets)).toBe(parseVia(vias[0] ?? "").branch);
    expect(head.viaCount).toBe(vias.length);
  });

  test("a flood of quotes, commas, folds or parameters is read in time", () => {
    const head = new ReplyHead();
    const floods = ['"', ",", ";", "\r\n ", ';x="', "branch", ";branch", "\\", '"\\'];
    for (const flood of floods) {
      const octets = octetsOf(replyOf(`${VIA}${flood.repeat(60_000 / flood.length)}`, CSEQ));
      const startedMs = performance.now();
      head.read(octets, octets.length);
      expect(performance.now() - startedMs).toBeLessThan(50);
    }
  });
});

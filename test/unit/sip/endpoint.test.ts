import { describe, expect, test } from "vitest";
import { seededRandom } from "../../../src/base/random.ts";
import { plainAnswer } from "../../../src/sip/answer.ts";
import { SipEndpoint } from "../../../src/sip/endpoint.ts";
import { ServerTransactions } from "../../../src/sip/server-transactions.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";
import { headerOf, registerText, requestText, responseOf } from "../../fakes/sip-text.ts";
import { Bench, statusLine, TCP, UDP } from "./bench.ts";

describe("requests that are no REGISTER (RFC 3261 §8.2)", () => {
  test.each([
    { method: "OPTIONS", fields: {}, line: "SIP/2.0 200 OK", because: "that is how one asks what we can (§11.2)" },
    { method: "OPTIONS", fields: { uri: "sips:example.org" }, line: "SIP/2.0 200 OK", because: "sips is ours" },
    { method: "OPTIONS", fields: { uri: "tel:+1972" }, line: "SIP/2.0 200 OK", because: "tel is ours" },
    {
      method: "OPTIONS",
      fields: { uri: "news:comp.lang" },
      line: "SIP/2.0 416 Unsupported URI Scheme",
      because: "news is not",
    },
    {
      method: "OPTIONS",
      fields: { headers: ["Require: nothing"] },
      line: "SIP/2.0 420 Bad Extension",
      because: "nobody knows it",
    },
    { method: "OPTIONS", fields: { headers: ["Require: path"] }, line: "SIP/2.0 200 OK", because: "we know Path" },
    {
      method: "OPTIONS",
      fields: { headers: ["Proxy-Require: foo"] },
      line: "SIP/2.0 200 OK",
      because: "we are no proxy",
    },
    { method: "INVITE", fields: {}, line: "SIP/2.0 405 Method Not Allowed", because: "we route no calls" },
    {
      method: "MESSAGE",
      fields: { headers: ["Require: nothing"] },
      line: "SIP/2.0 405 Method Not Allowed",
      because: "the method is looked at first",
    },
    { method: "register", fields: {}, line: "SIP/2.0 405 Method Not Allowed", because: "methods have case (§7.1)" },
    { method: "__proto__", fields: {}, line: "SIP/2.0 405 Method Not Allowed", because: "any token is a method" },
    { method: "PRACK", fields: {}, line: "SIP/2.0 405 Method Not Allowed", because: "there are no 1xx here" },
    {
      method: "CANCEL",
      fields: {},
      line: "SIP/2.0 481 Call/Transaction Does Not Exist",
      because: "nothing can be cancelled (§9.2)",
    },
    { method: "ACK", fields: {}, line: "", because: "an ACK is never answered (§17.1.1.3)" },
    { method: "ACK", fields: { uri: "news:comp.lang" }, line: "", because: "not even a wrong one" },
  ])("$method $fields -> $line: $because", ({ method, fields, line }) => {
    const bench = new Bench();
    expect(statusLine(bench.answerTo(requestText({ method, ...fields })))).toBe(line);
    expect(bench.registered).toEqual([]);
  });

  test("a 200 to OPTIONS tells what we can (§11.2)", () => {
    const answer = new Bench().answerTo(requestText());
    const names = ["Allow", "Accept", "Accept-Encoding", "Accept-Language", "Supported"];
    expect(names.map((name) => headerOf(answer, name))).toEqual(["REGISTER, OPTIONS", "*/*", "identity", "en", "path"]);
  });

  test("a 405 lists what is allowed (§8.2.1), a 420 what is not known (§8.2.2.3)", () => {
    const bench = new Bench();
    expect(headerOf(bench.answerTo(requestText({ method: "INVITE" })), "Allow")).toBe("REGISTER, OPTIONS");
    const headers = ["Require: one, path", "Require: two"];
    expect(headerOf(bench.answerTo(requestText({ headers })), "Unsupported")).toBe("one, two");
  });
});

describe("an answer", () => {
  test("copies Vias in order, From, Call-ID and CSeq, and adds a tag to To (§8.2.6.2)", () => {
    const second = "Via: SIP/2.0/TCP proxy.test;branch=z9hG4bK2, SIP/2.0/UDP phone.test";
    const request = requestText({
      method: "BYE",
      branch: "z9hG4bK1",
      callId: "c",
      cseq: 9,
      from: "<sip:b@h>;tag=f",
      headers: [second],
    });
    const lines = new Bench().answerTo(request).split("\r\n");
    expect(lines.slice(1, 3)).toEqual([
      "Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK1;rport=5060;received=192.0.2.7",
      second,
    ]);
    expect(lines.slice(3, 7)).toEqual([
      "From: <sip:b@h>;tag=f",
      expect.stringMatching(/^To: <sip:alice@example\.org>;tag=[0-9a-f]{8}$/),
      "Call-ID: c",
      "CSeq: 9 BYE",
    ]);
  });

  test("leaves a tag of To as it is", () => {
    const answer = new Bench().answerTo(requestText({ method: "BYE", to: "<sip:a@h>;tag=mine" }));
    expect(headerOf(answer, "To")).toBe("<sip:a@h>;tag=mine");
  });

  test("to the same request has the same tag, to another one another (§8.2.7)", () => {
    const bench = new Bench();
    const requests = [
      requestText(),
      requestText({ method: "INVITE" }),
      requestText({ cseq: 1, headers: ["CSeq: 2 OPTIONS"] }),
    ];
    const tags = requests.map((request) => [0, 1].map(() => headerOf(bench.answerTo(request), "To")));
    for (const [first, second] of tags) expect(second).toBe(first);
    expect(new Set(tags.flat()).size).toBe(requests.length);
  });

  test("from another process has another tag: it cannot be guessed", () => {
    const request = requestText();
    const random = seededRandom(2);
    const text: string[] = [];
    const other = new SipEndpoint({
      handlers: { register: () => plainAnswer(200, "OK"), onResponse: () => {} },
      transactions: new ServerTransactions({ clock: new ManualClock(), random }),
      observer: { messageReceived: () => {}, messageSent: () => {}, parseFailed: () => {} },
      random,
      send: (_flow, octets) => text.push(octets.toString("latin1")) > 0,
    });
    other.onMessage(Buffer.from(request), UDP, { readMs: 0, isImprecise: false });
    expect(headerOf(text[0] ?? "", "To")).not.toBe(headerOf(new Bench().answerTo(request), "To"));
  });

  test.each([
    { sentBy: "192.0.2.7:5060", viaParams: "", via: "", because: "nothing needs saying" },
    { sentBy: "phone.test", viaParams: "", via: ";received=192.0.2.7", because: "a name is not the source (§18.2.1)" },
    {
      sentBy: "10.0.0.7:5060",
      viaParams: "",
      via: ";received=192.0.2.7",
      because: "another address is not the source",
    },
    {
      sentBy: "192.0.2.7:5060",
      viaParams: ";rport",
      via: ";rport=5060;received=192.0.2.7",
      because: "it was asked for (RFC 3581 §4)",
    },
    {
      sentBy: "10.0.0.7:9",
      viaParams: ";rport;x=y",
      via: ";rport=5060;x=y;received=192.0.2.7",
      because: "the rest stays in place",
    },
    {
      sentBy: "10.0.0.7",
      viaParams: ";received=1.2.3.4",
      via: ";received=192.0.2.7",
      because: "what the phone claims does not count",
    },
  ])("to a request from $sentBy$viaParams has '$via' in its Via: $because", ({ sentBy, viaParams, via }) => {
    const answer = new Bench().answerTo(requestText({ sentBy, branch: "z9hG4bK1", viaParams }));
    expect(headerOf(answer, "Via")).toBe(`SIP/2.0/UDP ${sentBy};branch=z9hG4bK1${via}`);
  });

  test.each([{ flow: UDP }, { flow: TCP }])("goes back over the flow of its request ($flow.transport)", ({ flow }) => {
    const bench = new Bench();
    bench.receive(requestText(), flow);
    expect(bench.sent.map((one) => one.flow)).toEqual([flow]);
  });

  test.each([
    { text: requestText({ method: "INVITE" }), because: "405" },
    { text: requestText({ method: "CANCEL" }), because: "481" },
    { text: requestText({ uri: "x:y" }), because: "416" },
    { text: requestText({ headers: ["Require: a"] }), because: "420" },
    { text: requestText({ headers: ["CSeq: 1 X"] }), because: "400" },
    { text: requestText(), because: "200" },
  ])("is at most three times as long as its request ($because)", ({ text }) => {
    expect(new Bench().answerTo(text).length).toBeLessThan(3 * text.length);
  });
});

describe("a REGISTER that comes again (RFC 3261 §17.2.2)", () => {
  test("gets the same octets, and has no second effect", () => {
    const bench = new Bench();
    const request = registerText(["<sip:a@h>"]);
    const first = bench.answerTo(request);
    bench.clock.advance(31_999);
    expect(bench.answerTo(request)).toBe(first);
    expect(bench.registered).toHaveLength(1);
  });

  test("after Timer J is a new one", () => {
    const bench = new Bench();
    const request = registerText(["<sip:a@h>"]);
    bench.receive(request);
    bench.clock.advance(32_000);
    bench.receive(request);
    expect(bench.registered).toHaveLength(2);
  });

  test("is remembered whatever the answer was", () => {
    const bench = new Bench();
    bench.answer = () => plainAnswer(423, "Interval Too Brief", ["Min-Expires", "60"]);
    const request = registerText(["<sip:a@h>"]);
    expect(bench.answerTo(request)).toBe(bench.answerTo(request));
    expect(bench.registered).toHaveLength(1);
  });

  const base = { branch: "z9hG4bKsame", callId: "c", cseq: 1, from: "<sip:a@h>;tag=f" };
  test.each([
    { other: { ...base, branch: "z9hG4bKother" }, flow: UDP, because: "another branch" },
    { other: { ...base, branch: "Z9hG4bKsame" }, flow: UDP, because: "a branch has case" },
    { other: { ...base, sentBy: "192.0.2.7:5061" }, flow: UDP, because: "another sent-by (§17.2.3)" },
    { other: { ...base, cseq: 2 }, flow: UDP, because: "another CSeq, by a phone that reuses its branches" },
    { other: base, flow: { ...UDP, remotePort: 5_061 }, because: "another source port must not fetch the answer" },
    { other: base, flow: { ...UDP, remoteAddress: "192.0.2.8" }, because: "another source must not fetch the answer" },
    { other: base, flow: { ...UDP, transport: "tcp" as const, connectionId: 9 }, because: "another connection" },
  ])("is not one with $because", ({ other, flow }) => {
    const bench = new Bench();
    bench.receive(registerText([], base));
    bench.receive(registerText([], other), flow);
    expect(bench.registered).toHaveLength(2);
  });

  test.each([
    { branch: "z9hG4bK", because: "the cookie alone is no branch (RFC 4475 §3.2.1)" },
    { branch: "1", because: "RFC 2543 promised nothing of a branch" },
  ])("without a proper branch is known by its headers: $because", ({ branch }) => {
    const bench = new Bench();
    const old = { ...base, branch };
    bench.receive(registerText([], old));
    bench.receive(registerText([], old));
    expect(bench.registered).toHaveLength(1);
    for (const change of [
      { callId: "d" },
      { cseq: 2 },
      { from: "<sip:a@h>;tag=g" },
      { to: "<sip:b@h>" },
      { uri: "sip:h" },
    ]) {
      bench.receive(registerText([], { ...old, ...change }));
    }
    expect(bench.registered).toHaveLength(6);
  });
});

test("every message is counted once, and an answer that was not sent is not", () => {
  const bench = new Bench();
  bench.receive(requestText());
  const request = registerText([]);
  bench.receive(request);
  bench.receive(request);
  bench.receive(requestText({ method: "ACK" }));
  bench.isSent = false;
  bench.receive(requestText());
  expect(bench.observed).toEqual([
    ...["in udp OPTIONS", "out udp OPTIONS"],
    ...["in udp REGISTER", "out udp REGISTER", "in udp REGISTER", "out udp REGISTER"],
    ...["in udp ACK", "in udp OPTIONS"],
  ]);
  expect(responseOf(Buffer.from(bench.sent[0]?.text ?? "")).status).toBe(200);
});

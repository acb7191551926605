import { describe, expect, test } from "vitest";
import type { FlowEnd } from "../../../src/location/contact-table.ts";
import { MessageParseError } from "../../../src/sip/syntax/errors.ts";
import type { RequestFields } from "../../fakes/sip-text.ts";
import { Desk, FLOW, POLICY, valuesOf } from "./desk.ts";

describe("the 200 (RFC 3261 §10.3 step 8)", () => {
  test("lists every contact of the AoR with the time it has left, rounded up", () => {
    const desk = new Desk();
    desk.register(["<sip:a@h>;expires=600"]);
    desk.clock.advance(100_001);
    const answer = desk.register(["<sip:b@h>;expires=60"]);
    expect(answer).toMatchObject({ status: 200, reason: "OK" });
    expect(valuesOf(answer, "Contact")).toEqual(["<sip:a@h>;expires=500", "<sip:b@h>;expires=60"]);
  });

  test.each([
    { value: "<sip:a@h>;q=0.5", listed: "<sip:a@h>;q=0.5;expires=1800", because: "q comes back" },
    { value: "<sip:a@h>;q=0", listed: "<sip:a@h>;q=0;expires=1800", because: "0 is a q" },
    { value: "<sip:a@h>;q=1.000", listed: "<sip:a@h>;q=1;expires=1800", because: "1 is the same as 1.000" },
    { value: "<sip:a@h>;q=2", listed: "<sip:a@h>;expires=1800", because: "2 is no q" },
    {
      value: '"Alice" <sip:a@h;ob>;+sip.instance="<urn:uuid:1>";reg-id=1;x=y',
      listed: '<sip:a@h;ob>;expires=1800;+sip.instance="<urn:uuid:1>";reg-id=1',
      because: "instance and reg-id come back, the rest does not",
    },
    {
      value: '<sip:a@h>;+sip.instance="a\\"b\\\\c"',
      listed: '<sip:a@h>;expires=1800;+sip.instance="a\\"b\\\\c"',
      because: "what was escaped is escaped again",
    },
    { value: "sip:a@h;expires=90", listed: "<sip:a@h>;expires=90", because: "<> keep URI and header parameters apart" },
  ])("$value -> $listed: $because", ({ value, listed }) => {
    expect(valuesOf(new Desk().register([value]), "Contact")).toEqual([listed]);
  });

  test("carries the Date of the wall clock (§20.17)", () => {
    const desk = new Desk();
    expect(valuesOf(desk.register([]), "Date")).toEqual(["Fri, 15 Jan 2027 08:00:00 GMT"]);
    desk.clock.stepWall(86_400_000);
    expect(valuesOf(desk.register([]), "Date")).toEqual(["Sat, 16 Jan 2027 08:00:00 GMT"]);
  });

  test("of an AoR nobody knows has no Contact", () => {
    expect(valuesOf(new Desk().register([]), "Contact")).toEqual([]);
  });

  test("does not list a contact whose time is up, though its tick has not come (R37)", () => {
    const desk = new Desk();
    desk.register(["<sip:a@h>;expires=60"]);
    desk.clock.advance(59_999);
    expect(valuesOf(desk.register([]), "Contact")).toEqual(["<sip:a@h>;expires=1"]);
    desk.clock.advance(1);
    expect(valuesOf(desk.register([]), "Contact")).toEqual([]);
    expect(desk.events.at(-1)).toBe("expired sip:a@h");
  });

  test("counts the time left on the monotonic clock, whatever the wall clock does (C21)", () => {
    const desk = new Desk();
    desk.register(["<sip:a@h>;expires=600"]);
    desk.clock.stepWall(-3_600_000);
    expect(valuesOf(desk.register([]), "Contact")).toEqual(["<sip:a@h>;expires=600"]);
    desk.clock.stepWall(7_200_000);
    expect(valuesOf(desk.register([]), "Contact")).toEqual(["<sip:a@h>;expires=600"]);
  });
});

describe("a refresh", () => {
  test("keeps the ruid; a removal and a new registration do not", () => {
    const desk = new Desk();
    desk.register(["<sip:a@h>"], { cseq: 1 });
    const first = desk.table.text(0).ruid;
    desk.register(["<sip:a@h>"], { cseq: 2 });
    expect(desk.table.text(0).ruid).toBe(first);
    desk.register(["<sip:a@h>;expires=0"], { cseq: 3 });
    desk.register(["<sip:a@h>"], { cseq: 4 });
    expect(desk.table.text(0).ruid).not.toBe(first);
  });

  test("from elsewhere moves the contact to its new flow", () => {
    const desk = new Desk();
    desk.register(["<sip:a@h>"]);
    desk.register(["<sip:a@h>"], {}, { ...FLOW, remotePort: 40_000 });
    expect(desk.events).toEqual(["created sip:a@h", "moved sip:a@h"]);
    expect(desk.table.flowOf(0)).toEqual({ ...FLOW, remotePort: 40_000 });
  });

  test("replaces everything a registration says", () => {
    const desk = new Desk();
    const headers = ["User-Agent: one", "Allow: INVITE", "Path: <sip:p;lr>", "Supported: path"];
    desk.register(['<sip:a@h>;q=0.1;+sip.instance="<urn:x>";reg-id=3'], { headers });
    expect(desk.table.text(0)).toMatchObject({ userAgent: "one", path: "<sip:p;lr>", instance: "<urn:x>" });
    expect([desk.table.methods[0], desk.table.regId[0], desk.table.qThousandths[0]]).toEqual([1, 3, 100]);
    desk.register(["<sip:a@h>"]);
    expect(desk.table.text(0)).toMatchObject({ userAgent: null, path: null, instance: null });
    expect([desk.table.methods[0], desk.table.regId[0], desk.table.qThousandths[0]]).toEqual([4_294_967_295, 0, -1]);
  });
});

describe("what a binding says of where it came from", () => {
  const stream: FlowEnd = { ...FLOW, transport: "tcp", remotePort: 49_152, connectionId: 4 };
  test.each([
    {
      contact: "<sip:a@127.0.0.1:5062>",
      sentBy: "127.0.0.1:5062",
      flow: FLOW,
      received: null,
      nated: 0,
      because: "it is where it says",
    },
    {
      contact: "<sip:a@192.0.2.1:5062>",
      sentBy: "127.0.0.1:5062",
      flow: FLOW,
      received: "sip:127.0.0.1:5062",
      nated: 1,
      because: "the Contact is elsewhere",
    },
    {
      contact: "<sip:a@127.0.0.1:5062>",
      sentBy: "192.0.2.1:5062",
      flow: FLOW,
      received: null,
      nated: 1,
      because: "the Via is elsewhere",
    },
    {
      contact: "<sip:a@127.0.0.1>",
      sentBy: "127.0.0.1",
      flow: { ...FLOW, remotePort: 5_060 },
      received: null,
      nated: 0,
      because: "no port means 5060",
    },
    {
      contact: "<sip:a@127.0.0.1:5060;transport=tcp>",
      sentBy: "127.0.0.1",
      flow: stream,
      received: null,
      nated: 0,
      because: "a stream has any port",
    },
    {
      contact: "<sip:a@phone.test;transport=tcp>",
      sentBy: "127.0.0.1",
      flow: stream,
      received: "sip:127.0.0.1:49152;transport=tcp",
      nated: 1,
      because: "a name is not looked up",
    },
    {
      contact: "<mailto:a@h>",
      sentBy: "127.0.0.1:5062",
      flow: FLOW,
      received: "sip:127.0.0.1:5062",
      nated: 1,
      because: "a Contact may have any scheme (§10.2.1)",
    },
  ])(
    "$contact via $sentBy -> received $received, NATed $nated: $because",
    ({ contact, sentBy, flow, received, nated }) => {
      const desk = new Desk();
      expect(desk.register([contact], { sentBy }, flow).status).toBe(200);
      expect(desk.table.text(0).received).toBe(received);
      expect(desk.table.nated[0]).toBe(nated);
      expect(desk.table.flowOf(0)).toEqual(flow);
    },
  );

  test("is not judged when nat_detect is off", () => {
    const desk = new Desk({ natDetect: false });
    desk.register(["<sip:a@192.168.1.1>"]);
    expect(desk.table.nated[0]).toBe(0);
  });

  test("carries the number of this server", () => {
    const desk = new Desk();
    desk.register(["<sip:a@h>"]);
    expect(desk.table.serverId[0]).toBe(POLICY.serverId);
  });
});

describe("who is refused, in the order of RFC 3261 §10.3", () => {
  const elsewhere: FlowEnd = { ...FLOW, remoteAddress: "192.0.2.7" };
  const at = (host: string): RequestFields => ({ uri: `sip:${host}`, to: `<sip:alice@${host}>` });
  const required = ["Require: path, 100rel, GRUU"];

  test.each([
    { policy: {}, fields: at("any.test"), flow: FLOW, status: 200, because: "without domains every domain is served" },
    {
      policy: { domains: ["example.org"] },
      fields: at("EXAMPLE.org"),
      flow: FLOW,
      status: 200,
      because: "a domain has no case",
    },
    {
      policy: { domains: ["example.org"] },
      fields: at("other.test"),
      flow: FLOW,
      status: 404,
      because: "step 1: not our domain",
    },
    {
      policy: { domains: ["example.org"] },
      fields: { to: "<sip:alice@other.test>" },
      flow: FLOW,
      status: 404,
      because: "step 5: an AoR of another domain",
    },
    {
      policy: { domains: ["example.org"] },
      fields: { uri: "sip:other.test" },
      flow: FLOW,
      status: 404,
      because: "step 1: asked of another domain",
    },
    {
      policy: { domains: ["example.org"] },
      fields: { ...at("other.test"), headers: required },
      flow: elsewhere,
      status: 404,
      because: "the domain is looked at first",
    },
    { policy: {}, fields: { headers: required }, flow: elsewhere, status: 420, because: "then what is required" },
    { policy: {}, fields: {}, flow: elsewhere, status: 403, because: "then who asks" },
    { policy: { authMode: "none" as const }, fields: {}, flow: elsewhere, status: 200, because: "unless anyone may" },
    {
      policy: {},
      fields: {},
      flow: { ...FLOW, remoteAddress: "127.8.9.10" },
      status: 200,
      because: "127/8 is loopback",
    },
    { policy: {}, fields: {}, flow: { ...FLOW, remoteAddress: "::1" }, status: 200, because: "and so is ::1" },
    {
      policy: { domains: ["example.org"] },
      fields: { to: "<sip:alice@other.test>" },
      flow: elsewhere,
      status: 403,
      because: "who asks goes before what for",
    },
  ])("$status: $because", ({ policy, fields, flow, status }) => {
    const desk = new Desk(policy);
    expect(desk.register(["<sip:a@h>"], fields, flow).status).toBe(status);
    expect(desk.rows()).toHaveLength(status === 200 ? 1 : 0);
  });

  test("a 420 lists every extension we do not know (§8.2.2.3)", () => {
    const answer = new Desk().register([], { headers: required });
    expect(answer).toMatchObject({ status: 420, reason: "Bad Extension" });
    expect(valuesOf(answer, "Unsupported")).toEqual(["100rel, GRUU"]);
  });

  test("a 423 says what would have been long enough (§10.3 step 7)", () => {
    const desk = new Desk({ minExpiresS: 90 });
    const answer = desk.register(["<sip:a@h>;expires=89"]);
    expect(answer).toMatchObject({ status: 423, reason: "Interval Too Brief" });
    expect(valuesOf(answer, "Min-Expires")).toEqual(["90"]);
    expect(desk.rows()).toEqual([]);
  });
});

describe("Path (RFC 3327)", () => {
  const announced = ["Path: <sip:p1;lr>, <sip:p2;lr>", "Supported: path"];
  const silent = ["Path: <sip:p1;lr>"];
  test.each([
    { path: "off" as const, headers: announced, status: 200, stored: null, because: "it is ignored" },
    { path: "off" as const, headers: silent, status: 200, stored: null, because: "announced or not" },
    {
      path: "off" as const,
      headers: ["Require: path"],
      status: 420,
      stored: null,
      because: "it cannot be demanded of us",
    },
    {
      path: "supported" as const,
      headers: announced,
      status: 200,
      stored: "<sip:p1;lr>,<sip:p2;lr>",
      because: "it is stored in order",
    },
    {
      path: "supported" as const,
      headers: silent,
      status: 420,
      stored: null,
      because: "the phone must have announced it (§5.3)",
    },
    { path: "supported" as const, headers: [], status: 200, stored: null, because: "it is not demanded" },
    { path: "supported" as const, headers: ["Require: path"], status: 200, stored: null, because: "it is known" },
    {
      path: "required" as const,
      headers: announced,
      status: 200,
      stored: "<sip:p1;lr>,<sip:p2;lr>",
      because: "it is there",
    },
    { path: "required" as const, headers: silent, status: 420, stored: null, because: "it was not announced" },
    { path: "required" as const, headers: [], status: 421, stored: null, because: "it is missing" },
  ])("$path, $headers -> $status: $because", ({ path, headers, status, stored }) => {
    const desk = new Desk({ path });
    const answer = desk.register(["<sip:a@h>"], { headers });
    expect(answer.status).toBe(status);
    expect(desk.rows()).toHaveLength(status === 200 ? 1 : 0);
    if (status === 200) expect(desk.table.text(0).path).toBe(stored);
    expect(valuesOf(answer, "Path")).toEqual(stored === null ? [] : [stored]);
    if (status === 420) expect(valuesOf(answer, "Unsupported")).toEqual(["path"]);
    if (status === 421) expect(valuesOf(answer, "Require")).toEqual(["path"]);
  });
});

describe("the observer", () => {
  test("is told about every REGISTER that was answered", () => {
    const desk = new Desk({ domains: ["example.org"] });
    desk.register(["<sip:a@h>"]);
    desk.register(["<sip:a@h>;expires=1"]);
    expect(() => desk.register(["<sip:a@h:0>"])).toThrow(MessageParseError);
    desk.register([], { to: "<sip:alice@other.test>" });
    desk.register(["<sip:a@h>"], {}, { ...FLOW, transport: "tcp", remoteAddress: "192.0.2.1" });
    expect(desk.answered).toEqual(["example.org udp 200", "example.org udp 423", " udp 400", " udp 404", " tcp 403"]);
  });

  test("gives no domain of its own to who may not register: labels are few (C9)", () => {
    const desk = new Desk();
    desk.register(["<sip:a@h>"], { to: "<sip:a@scanner.test>" }, { ...FLOW, remoteAddress: "192.0.2.1" });
    expect(desk.answered).toEqual([" udp 403"]);
  });
});

test("reload() takes over everything but use_domain", () => {
  const desk = new Desk();
  desk.registrar.reload({
    ...POLICY,
    minExpiresS: 1,
    maxContactsPerAor: 1,
    domains: ["example.org"],
    useDomain: false,
  });
  expect(desk.register(["<sip:a@h>;expires=1"]).status).toBe(200);
  expect(desk.rows()).toMatchObject([{ aor: "alice@example.org", leftS: 1 }]);
  expect(desk.register(["<sip:b@h>"]).status).toBe(503);
  expect(desk.register([], { uri: "sip:other.test" }).status).toBe(404);
});

test("From has no say in whose contacts change (RFC 3261 §10.3, third-party registration)", () => {
  const desk = new Desk();
  desk.register(["<sip:a@h>"], { from: "<sip:secretary@elsewhere.test>;tag=1" });
  expect(desk.rows()).toMatchObject([{ aor: "alice@example.org" }]);
});

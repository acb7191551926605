import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Desk, deskWith, type Row } from "./desk.ts";

const brief = (rows: readonly Row[]): readonly string[] =>
  rows.map(({ address, callId, cseq, leftS }) => `${address} ${callId} ${cseq} ${leftS}`);

const A = "<sip:a@h>";
const B = "<sip:b@h>";
const C = "<sip:c@h>";

describe("a REGISTER changes the table (requested, stored before, expected after)", () => {
  test.each([
    { before: [], contacts: [], cseq: 1, after: [], because: "asking changes nothing (§10.3 step 6)" },
    {
      before: [A],
      contacts: [],
      cseq: 1,
      after: ["sip:a@h old 5 500"],
      because: "asking changes nothing, whatever its CSeq",
    },
    {
      before: [],
      contacts: [A],
      cseq: 1,
      after: ["sip:a@h new 1 1800"],
      because: "a new contact gets the default lifetime",
    },
    {
      before: [],
      contacts: [`${A};expires=90`],
      cseq: 1,
      after: ["sip:a@h new 1 90"],
      because: "or what it asked for",
    },
    {
      before: [],
      contacts: [`${A};expires=9999`],
      cseq: 1,
      after: ["sip:a@h new 1 3600"],
      because: "but not more than the maximum",
    },
    {
      before: [],
      contacts: [`${A};expires=abc`],
      cseq: 1,
      after: ["sip:a@h new 1 1800"],
      because: "malformed means the default",
    },
    {
      before: [],
      contacts: [A, B],
      cseq: 1,
      after: ["sip:a@h new 1 1800", "sip:b@h new 1 1800"],
      because: "two contacts, two bindings",
    },
    { before: [], contacts: [`${A};expires=0`], cseq: 1, after: [], because: "removing what is not there is no error" },
    {
      before: [A],
      contacts: [A],
      cseq: 6,
      after: ["sip:a@h new 6 1800"],
      because: "a refresh takes over Call-ID and CSeq",
    },
    {
      before: [A],
      contacts: [A],
      cseq: 1,
      after: ["sip:a@h new 1 1800"],
      because: "another Call-ID has a CSeq of its own",
    },
    { before: [A], contacts: [`${A};expires=0`], cseq: 1, after: [], because: "expires=0 removes" },
    {
      before: [A, B],
      contacts: [`${A};expires=0`, C],
      cseq: 1,
      after: ["sip:c@h new 1 1800", "sip:b@h old 5 500"],
      because: "one goes, one comes, one stays",
    },
    {
      before: [A],
      contacts: ["<sip:a@H>"],
      cseq: 1,
      after: ["sip:a@H new 1 1800"],
      because: "a host has no case (§19.1.4)",
    },
    {
      before: [A],
      contacts: ["<sip:%61@h>"],
      cseq: 1,
      after: ["sip:%61@h new 1 1800"],
      because: "an escape is the character",
    },
    {
      before: [A],
      contacts: ["<sip:A@h>"],
      cseq: 1,
      after: ["sip:a@h old 5 500", "sip:A@h new 1 1800"],
      because: "a user has case",
    },
    {
      before: [A],
      contacts: ["<sip:a@h:5060>"],
      cseq: 1,
      after: ["sip:a@h old 5 500", "sip:a@h:5060 new 1 1800"],
      because: "a default port is not the same as none",
    },
    {
      before: [A],
      contacts: ["<sips:a@h>"],
      cseq: 1,
      after: ["sip:a@h old 5 500", "sips:a@h new 1 1800"],
      because: "sips is another scheme",
    },
    {
      before: [A],
      contacts: ["<sip:a@h;transport=udp>"],
      cseq: 1,
      after: ["sip:a@h old 5 500", "sip:a@h;transport=udp new 1 1800"],
      because: "transport in one only makes a difference",
    },
    {
      before: ["<sip:a@h;transport=tcp>"],
      contacts: ["<sip:a@h;Transport=TCP>"],
      cseq: 1,
      after: ["sip:a@h;Transport=TCP new 1 1800"],
      because: "parameters have no case",
    },
    {
      before: [A],
      contacts: ["<sip:a@h;ob>"],
      cseq: 1,
      after: ["sip:a@h;ob new 1 1800"],
      because: "another parameter in one only does not count",
    },
    {
      before: [],
      contacts: [A, `${A};expires=90`],
      cseq: 1,
      after: ["sip:a@h new 1 90"],
      because: "a contact that stands twice counts as the last one says",
    },
    { before: [], contacts: [A, `${A};expires=0`], cseq: 1, after: [], because: "even when that takes it back" },
    { before: [], contacts: [`${A};expires=0`, A], cseq: 1, after: ["sip:a@h new 1 1800"], because: "or brings it" },
    {
      before: [A],
      contacts: [`${A};expires=0`, `${A};expires=0`],
      cseq: 1,
      after: [],
      because: "removing twice is removing once",
    },
    {
      before: [A],
      contacts: [`${A};expires=0`, A],
      cseq: 1,
      after: ["sip:a@h new 1 1800"],
      because: "removed and bound is refreshed",
    },
    { before: [A], contacts: [A, `${A};expires=0`], cseq: 1, after: [], because: "refreshed and removed is removed" },
    {
      before: [A],
      contacts: ["<sip:a@h;x=1>;expires=0", "<sip:a@h;x=2>"],
      cseq: 1,
      after: ["sip:a@h;x=2 new 1 1800"],
      because: "two that mean one binding count as the last one",
    },
  ])("$before + $contacts -> $after: $because", ({ before, contacts, cseq, after }) => {
    const desk = deskWith(before.map((contact) => ({ contact })));
    expect(desk.register(contacts, { callId: "new", cseq }).status).toBe(200);
    expect(brief(desk.rows())).toEqual(after);
  });
});

describe("`*` (RFC 3261 §10.3 step 6)", () => {
  test.each([
    { expires: 0, callId: "new", cseq: 1, status: 200, left: [], because: "with another Call-ID every binding goes" },
    { expires: 0, callId: "old", cseq: 6, status: 200, left: [], because: "with a higher CSeq too" },
    {
      expires: 0,
      callId: "old",
      cseq: 5,
      status: 400,
      left: ["a", "b"],
      because: "the same CSeq, long ago, is out of order",
    },
    { expires: 0, callId: "old", cseq: 4, status: 400, left: ["a", "b"], because: "a lower CSeq is out of order" },
    { expires: 60, callId: "new", cseq: 1, status: 400, left: ["a", "b"], because: "only Expires: 0 goes with a star" },
    { expires: null, callId: "new", cseq: 1, status: 400, left: ["a", "b"], because: "no Expires is not 0" },
    { expires: "0x0", callId: "new", cseq: 1, status: 400, left: ["a", "b"], because: "a malformed Expires is not 0" },
  ])(
    "Expires $expires, Call-ID $callId, CSeq $cseq -> $status: $because",
    ({ expires, callId, cseq, status, left }) => {
      const desk = deskWith([{ contact: A }, { contact: B }]);
      const before = desk.everything();
      const headers = expires === null ? [] : [`Expires: ${expires}`];
      expect(desk.register(["*"], { callId, cseq, headers }).status).toBe(status);
      expect(desk.rows().map(({ address }) => address)).toEqual(left.map((user) => `sip:${user}@h`));
      if (status !== 200) expect(desk.everything()).toEqual(before);
    },
  );

  test("one binding that refuses keeps all of them", () => {
    const desk = deskWith([
      { contact: A, callId: "other" },
      { contact: B, callId: "this", cseq: 9 },
    ]);
    const before = desk.everything();
    expect(desk.register(["*"], { callId: "this", cseq: 8, headers: ["Expires: 0"] }).status).toBe(400);
    expect(desk.everything()).toEqual(before);
  });

  test("where nothing is bound it changes nothing, and is no error", () => {
    const desk = new Desk();
    expect(desk.register(["*"], { headers: ["Expires: 0"] })).toMatchObject({ status: 200 });
    expect(desk.events).toEqual([]);
  });

  test("removes the contacts of its AoR and of no other", () => {
    const desk = deskWith([{ contact: A }]);
    desk.register([B], { to: "<sip:bob@example.org>" });
    desk.register(["*"], { headers: ["Expires: 0"] });
    expect(desk.rows().map(({ aor }) => aor)).toEqual(["bob@example.org"]);
  });
});

describe("the order of requests (RFC 3261 §10.3 step 7)", () => {
  test.each([
    { ageMs: 100, cseq: 6, status: 200, changed: true, because: "a higher CSeq is newer" },
    { ageMs: 100, cseq: 5, status: 200, changed: false, because: "the same CSeq soon after is the same request again" },
    { ageMs: 31_999, cseq: 5, status: 200, changed: false, because: "until Timer J has run out (§17.2.2)" },
    { ageMs: 32_000, cseq: 5, status: 400, changed: false, because: "then it is out of order" },
    { ageMs: 100, cseq: 4, status: 400, changed: false, because: "a lower CSeq is out of order at once" },
    { ageMs: 100, cseq: 0, status: 400, changed: false, because: "0 is a CSeq like any other" },
    { ageMs: 100, cseq: 4_294_967_295, status: 200, changed: true, because: "2^32-1 is the largest" },
  ])("after $ageMs ms, CSeq $cseq behind 5 -> $status: $because", ({ ageMs, cseq, status, changed }) => {
    const desk = new Desk();
    desk.register([`${A};expires=600`], { callId: "one", cseq: 5 });
    desk.clock.advance(ageMs);
    const before = desk.everything();
    const answer = desk.register([`${A};expires=700`], { callId: "one", cseq });
    expect(answer.status).toBe(status);
    if (status === 400) expect(answer.reason).toBe("Invalid CSeq Number");
    if (changed) expect(desk.rows()).toMatchObject([{ cseq, leftS: 700 }]);
    else expect(desk.everything()).toEqual(before);
  });

  test("a removal out of order is refused like a refresh", () => {
    const desk = deskWith([{ contact: A }]);
    expect(desk.register([`${A};expires=0`], { callId: "old", cseq: 5 }).status).toBe(400);
    expect(desk.rows()).toHaveLength(1);
  });

  test("is not asked of a contact the AoR does not have", () => {
    const desk = deskWith([{ contact: A }]);
    expect(desk.register([B], { callId: "old", cseq: 1 }).status).toBe(200);
    expect(desk.rows()).toHaveLength(2);
  });
});

describe("all of a request, or nothing (RFC 3261 §10.3 step 7)", () => {
  test.each([
    { contacts: [B, `${C};expires=30`], callId: "new", cseq: 1, status: 423, because: "one contact is too brief" },
    {
      contacts: [`${A};expires=0`, C, A, "<sip:d@h>;expires=1"],
      callId: "new",
      cseq: 1,
      status: 423,
      because: "however many were planned",
    },
    { contacts: [C, A], callId: "old", cseq: 3, status: 400, because: "one contact is out of order" },
    {
      contacts: [`${B};expires=0`, `${A};expires=0`],
      callId: "old",
      cseq: 3,
      status: 400,
      because: "one removal is out of order",
    },
    {
      contacts: [C, "<sip:d@h>", "<sip:e@h>"],
      callId: "new",
      cseq: 1,
      status: 503,
      because: "together they are too many",
    },
    {
      contacts: [`${A};expires=0`, C, "<sip:d@h>", "<sip:e@h>"],
      callId: "new",
      cseq: 1,
      status: 503,
      because: "even with one removed",
    },
  ])("$contacts -> $status: $because", ({ contacts, callId, cseq, status }) => {
    const desk = deskWith([{ contact: A }, { contact: B, callId: "other" }]);
    const before = desk.everything();
    expect(desk.register(contacts, { callId, cseq }).status).toBe(status);
    expect(desk.everything()).toEqual(before);
    expect(desk.events).toEqual([]);
  });
});

test("of two bindings that mean the same contact, the one with the very same text is meant (equality is not transitive)", () => {
  const desk = deskWith([{ contact: "<sip:a@h;x=1>" }, { contact: "<sip:a@h;x=2>" }]);
  desk.register(["<sip:a@h;y=3>"], { callId: "new" });
  expect(desk.rows().map(({ address }) => address)).toEqual(["sip:a@h;y=3", "sip:a@h;x=2"]);
  desk.register(["<sip:a@h;x=2>;expires=0"], { callId: "new", cseq: 2 });
  expect(desk.rows().map(({ address }) => address)).toEqual(["sip:a@h;y=3"]);
});

test("a restored contact that nobody can read does not keep its AoR from registering", () => {
  const desk = deskWith([{ contact: A }]);
  desk.table.text(0).address = "not a uri";
  expect(desk.register([B], { callId: "new" }).status).toBe(200);
  expect(desk.rows().map(({ address }) => address)).toEqual(["not a uri", "sip:b@h"]);
});

test("whatever is asked, nothing is thrown, no contact stands twice, and no limit is passed", () => {
  const contact = fc
    .tuple(fc.constantFrom("a", "b", "c", "d"), fc.constantFrom("", ";x=1", ";x=2"), fc.constantFrom(0, 30, 90, 600))
    .map(([user, param, expiresS]) => `<sip:${user}@h${param}>;expires=${expiresS}`);
  const request = fc.record({
    contacts: fc.oneof({ weight: 8, arbitrary: fc.array(contact, { maxLength: 6 }) }, fc.constant(["*"])),
    callId: fc.constantFrom("one", "two"),
    cseq: fc.nat(6),
    waitMs: fc.constantFrom(0, 100, 40_000),
    to: fc.constantFrom("<sip:alice@example.org>", "<sip:bob@example.org>"),
  });
  fc.assert(
    fc.property(fc.array(request, { maxLength: 25 }), (requests) => {
      const desk = new Desk({ maxContactsPerAor: 3 }, 5);
      for (const { contacts, callId, cseq, waitMs, to } of requests) {
        desk.clock.advance(waitMs);
        const before = desk.everything();
        const headers = contacts[0] === "*" ? ["Expires: 0"] : [];
        const { status } = desk.register(contacts, { callId, cseq, to, headers });
        const live = desk.rows().filter(({ leftS }) => leftS > 0);
        const names = live.map(({ aor, address }) => `${aor} ${address}`);
        expect(new Set(names).size).toBe(names.length);
        for (const user of ["alice", "bob"]) {
          expect(live.filter(({ aor }) => aor.startsWith(user)).length).toBeLessThanOrEqual(3);
        }
        const hasExpired = desk.events.some((event) => event.startsWith("expired"));
        if (status !== 200 && !hasExpired) expect(desk.everything()).toEqual(before);
      }
    }),
    { numRuns: 200 },
  );
});

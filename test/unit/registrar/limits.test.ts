import { describe, expect, test } from "vitest";
import { deskWith, POLICY, valuesOf } from "./desk.ts";

const A = "<sip:a@h>";
const B = "<sip:b@h>";
const C = "<sip:c@h>";

describe("limits", () => {
  const three = [{ contact: A }, { contact: B }, { contact: C }];

  test.each([
    { contacts: ["<sip:d@h>"], status: 503, because: "the fourth contact of an AoR that may have three" },
    { contacts: [A, B, C], status: 200, because: "refreshes do not count" },
    { contacts: [`${A};expires=0`, "<sip:d@h>"], status: 200, because: "a removal makes room" },
    { contacts: ["<sip:d@h>", `${A};expires=0`], status: 200, because: "wherever it stands" },
    { contacts: ["<sip:d@h>", "<sip:e@h>", `${A};expires=0`], status: 503, because: "one removal makes room for one" },
    { contacts: ["<sip:d@h>;expires=0"], status: 200, because: "nothing is added" },
  ])("of an AoR: $contacts -> $status: $because", ({ contacts, status }) => {
    const desk = deskWith(three);
    expect(desk.register(contacts, { callId: "new" }).status).toBe(status);
  });

  test("a full AoR is answered 503 with Retry-After, and may be asked for its contacts", () => {
    const desk = deskWith(three);
    const answer = desk.register(["<sip:d@h>"]);
    expect(answer).toMatchObject({ status: 503, reason: "Too Many Contacts" });
    expect(valuesOf(answer, "Retry-After")).toEqual(["60"]);
    expect(valuesOf(desk.register([]), "Contact")).toHaveLength(3);
  });

  test("a contact whose time is up does not count, though its tick has not come", () => {
    const desk = deskWith(three);
    desk.clock.advance(500_000);
    expect(desk.register(["<sip:d@h>"], { callId: "new" }).status).toBe(200);
    expect(desk.events).toEqual(["expired sip:a@h", "expired sip:b@h", "expired sip:c@h", "created sip:d@h"]);
  });

  test.each([
    { contacts: [C], status: 503, because: "there is no room for one more" },
    { contacts: [B], status: 200, because: "a refresh needs no room" },
    { contacts: [`${B};expires=0`, C], status: 200, because: "a removal makes room" },
    { contacts: [C, `${B};expires=0`], status: 200, because: "and is done first, wherever it stands" },
  ])("of the whole table: $contacts -> $status: $because", ({ contacts, status }) => {
    const desk = deskWith([{ contact: A }, { contact: B }], {}, 2);
    const before = desk.everything();
    const answer = desk.register(contacts, { callId: "new" });
    expect(answer.status).toBe(status);
    if (status === 503) expect(answer.reason).toBe("Registrar Full");
    if (status === 503) expect(desk.everything()).toEqual(before);
  });
});

test("an AoR that has more contacts than it may, since the limit was lowered, can still refresh and remove them", () => {
  const desk = deskWith([{ contact: A }, { contact: B }, { contact: C }]);
  desk.registrar.reload({ ...POLICY, maxContactsPerAor: 1 });
  expect(desk.register([A, B, C], { callId: "new", cseq: 1 }).status).toBe(200);
  expect(desk.register([`${A};expires=0`], { callId: "new", cseq: 2 }).status).toBe(200);
  expect(desk.register([A], { callId: "new", cseq: 3 }).status).toBe(503);
});

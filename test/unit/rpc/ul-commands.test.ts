import { describe, expect, test } from "vitest";
import type { ContactView } from "../../../src/location/contact-view.ts";
import type { Persistence } from "../../../src/rpc/contact-shape.ts";
import { hashId } from "../../../src/rpc/hash-id.ts";
import { answerRpc } from "../../../src/rpc/json-rpc.ts";
import { ulCommands } from "../../../src/rpc/ul-commands.ts";
import { aContactView, FakeEngine, manyContactViews } from "../../fakes/engine-port.ts";
import { contactsOfDump, contactsOfLookup, golden } from "./golden.ts";

interface Asked {
  method: string;
  params?: unknown[];
  contacts?: readonly ContactView[];
  engine?: FakeEngine;
  persistence?: (ruid: string) => Persistence;
}

async function ask(asked: Asked): Promise<{ status: number; reason: string; text: string; pieces: number }> {
  const engine = asked.engine ?? new FakeEngine(asked.contacts);
  const commands = ulCommands({ engine, persistence: asked.persistence ?? (() => "new") });
  const request = { jsonrpc: "2.0", method: asked.method, ...(asked.params && { params: asked.params }), id: 1 };
  const { status, reason, body } = await answerRpc(JSON.stringify(request), commands);
  const pieces = await Array.fromAsync(body);
  return { status, reason, text: pieces.join(""), pieces: pieces.length };
}

/** Paths of all keys, in order: `result`, `result.AoR`, … Arrays count by element. */
function keysInOrder(value: unknown, path = ""): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [`${path}${key}`, ...keysInOrder(inner, `${path}${key}.`)]);
}

describe("what Kamailio 5.6.3 answered", () => {
  const dumped = contactsOfDump("ul.dump");
  test.each([
    { name: "ul.dump", method: "ul.dump", contacts: dumped },
    {
      name: "ul.dump.before-first-keepalive",
      method: "ul.dump",
      contacts: contactsOfDump("ul.dump.before-first-keepalive"),
    },
    { name: "ul.dump.brief", method: "ul.dump", params: ["brief"], contacts: dumped },
    { name: "ul.dump.empty", method: "ul.dump", contacts: [] },
    {
      name: "ul.lookup.alice",
      method: "ul.lookup",
      params: ["location", "alice"],
      contacts: contactsOfLookup("ul.lookup.alice"),
    },
    {
      name: "ul.lookup.carol-added-by-rpc",
      method: "ul.lookup",
      params: ["location", "carol"],
      contacts: contactsOfLookup("ul.lookup.carol-added-by-rpc"),
    },
    { name: "ul.lookup.unknown", method: "ul.lookup", params: ["location", "nobody"], contacts: dumped },
    { name: "ul.lookup.badtable", method: "ul.lookup", params: ["nosuch", "alice"], contacts: dumped },
    { name: "ul.lookup.noparams", method: "ul.lookup", contacts: dumped },
    { name: "ul.nosuch", method: "ul.nosuch", contacts: dumped },
  ])("$name: same keys in the same order, same values", async ({ name, ...asked }) => {
    const expected = golden(name);
    const { status, reason, text } = await ask(asked);
    const answer: unknown = JSON.parse(text);
    expect(keysInOrder(answer)).toEqual(keysInOrder(expected));
    expect(answer).toEqual(expected);
    expect({ status, reason }).toEqual({
      status: expected.error?.code ?? 200,
      reason: expected.error?.message ?? "OK",
    });
  });
});

test.each([
  { params: ["location"], because: "the AoR is missing" },
  { params: [7, "alice"], because: "a number where a string is expected is an error" },
  { params: ["location", 7], because: "so it is for the AoR" },
  { params: [null, null], because: "null is not a string" },
])("ul.lookup refuses $params: $because", async ({ params }) => {
  const { text } = await ask({ method: "ul.lookup", params, contacts: [aContactView()] });
  expect(JSON.parse(text).error).toEqual({ code: 500, message: "Not enough parameters (table and AOR to lookup)" });
});

test("ul.lookup hides expired contacts and says so when nothing is left (B49)", async () => {
  const contacts = [aContactView({ expiresInS: 0 }), aContactView({ ruid: "uloc-live", expiresInS: 7 })];
  const partly = JSON.parse((await ask({ method: "ul.lookup", params: ["location", "alice"], contacts })).text);
  expect(partly.result.Contacts.map(({ Contact }: { Contact: { Ruid: string } }) => Contact.Ruid)).toEqual([
    "uloc-live",
  ]);
  const gone = JSON.parse(
    (await ask({ method: "ul.lookup", params: ["location", "alice"], contacts: contacts.slice(0, 1) })).text,
  );
  expect(gone.error).toEqual({ code: 500, message: "AOR has no contacts" });
});

test("ul.lookup finds a name outside ASCII: Unicode in the request, UTF-8 octets in the table", async () => {
  const { text } = await ask({
    method: "ul.lookup",
    params: ["location", "zoë"],
    contacts: [aContactView({ aor: "zo\xc3\xab" })],
  });
  expect(JSON.parse(text).result.AoR).toBe("zoë");
});

test("hostile octets leave the dump valid JSON and stay visible", async () => {
  const contacts = [aContactView({ userAgent: 'x"\\\u0000\x1b[31m\xff</script>', callId: "\xc3\x28" })];
  const { text } = await ask({ method: "ul.dump", contacts });
  const contact = JSON.parse(text).result.Domains[0].Domain.AoRs[0].Info.Contacts[0].Contact;
  expect(contact["User-Agent"]).toBe('x"\\\u0000\u001b[31mÿ</script>');
  expect(contact["Call-ID"]).toBe("Ã(");
});

test("each contact prints what storage knows of it", async () => {
  const contacts = [aContactView({ ruid: "a" }), aContactView({ ruid: "b" })];
  const { text } = await ask({
    method: "ul.dump",
    contacts,
    persistence: (ruid) => (ruid === "a" ? "synced" : "dirty"),
  });
  const { Contacts } = JSON.parse(text).result.Domains[0].Domain.AoRs[0].Info;
  expect(Contacts.map(({ Contact }: { Contact: { State: string } }) => Contact.State)).toEqual(["CS_SYNC", "CS_DIRTY"]);
});

test("contacts of one AoR stand in one record, and records are counted, not contacts", async () => {
  const contacts = [aContactView({ ruid: "a" }), aContactView({ ruid: "b" }), aContactView({ ruid: "c", aor: "bob" })];
  const { AoRs, Stats } = JSON.parse((await ask({ method: "ul.dump", contacts })).text).result.Domains[0].Domain;
  expect(AoRs.map(({ Info }: { Info: { Contacts: unknown[] } }) => Info.Contacts.length)).toEqual([2, 1]);
  expect(Stats.Records).toBe(2);
});

test("Max-Slots is the longest slot: two AoRs of one slot make it 2", async () => {
  const [first] = manyContactViews(2_000);
  const same = anotherAorInSlotOf(first!.aor);
  const { text } = await ask({ method: "ul.dump", contacts: [first!, aContactView({ aor: same })] });
  expect(JSON.parse(text).result.Domains[0].Domain.Stats).toEqual({ Records: 2, "Max-Slots": 2 });
});

test("20,000 contacts come complete, in pieces of one page, one page at a time (B55)", async () => {
  const engine = new FakeEngine(manyContactViews(20_000));
  const { text, pieces } = await ask({ method: "ul.dump", engine });
  const { AoRs, Stats } = JSON.parse(text).result.Domains[0].Domain;
  expect(AoRs).toHaveLength(20_000);
  expect(Stats.Records).toBe(20_000);
  expect(engine.pagesOpenMax).toBe(1);
  expect(pieces).toBeGreaterThan(100);
});

test("a reader that leaves stops the paging", async () => {
  const engine = new FakeEngine(manyContactViews(20_000));
  const commands = ulCommands({ engine, persistence: () => "new" });
  const reply = await answerRpc('{"method":"ul.dump"}', commands);
  let taken = 0;
  for await (const _piece of reply.body) if (++taken === 3) break;
  expect(engine.pagesAsked).toBe(3);
});

test("an engine that is gone rejects before the first octet, and in the middle of a dump", async () => {
  const engine = new FakeEngine(manyContactViews(1_000));
  engine.beforePage = (page) => {
    if (page === 3) engine.goneBecause = new Error("engine stopped");
  };
  await expect(ask({ method: "ul.dump", engine })).rejects.toThrow("engine stopped");
  expect(engine.pagesAsked).toBe(3);
  await expect(ask({ method: "ul.lookup", params: ["location", "x"], engine })).rejects.toThrow("engine stopped");
});

/** Another AoR that hashes to the same of the 1,024 slots. */
function anotherAorInSlotOf(aor: string): string {
  const slot = hashId(aor) & 1_023;
  for (let i = 0; ; i++) if ((hashId(`other${i}`) & 1_023) === slot) return `other${i}`;
}

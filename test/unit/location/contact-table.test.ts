import { describe, expect, test } from "vitest";
import { seededRandom } from "../../../src/base/random.ts";
import { type ContactFields, ContactTable, NO_SLOT } from "../../../src/location/contact-table.ts";
import { aContact, aContactNumber, aFlow, aStream } from "../../fakes/contacts.ts";

function open(capacity = 8): ContactTable {
  return new ContactTable({ capacity, random: seededRandom(1), startWallMs: 0x6b03e225 * 1_000 });
}

/** What the table has in a slot, in the shape it was given. */
function read(table: ContactTable, slot: number): ContactFields {
  const { ruid: _ruid, remoteAddress: _remoteAddress, ...text } = table.text(slot);
  return {
    ...text,
    cseq: table.cseq[slot] as number,
    qThousandths: table.qThousandths[slot] as number,
    expiresAtMs: table.expiresAtMs[slot] as number,
    modifiedWallMs: table.modifiedWallMs[slot] as number,
    modifiedAtMs: table.modifiedAtMs[slot] as number,
    methods: table.methods[slot] as number,
    regId: table.regId[slot] as number,
    serverId: table.serverId[slot] as number,
    isNated: table.nated[slot] === 1,
    domain: table.domain[slot] as number,
    flow: table.flowOf(slot),
  };
}

/** Every field differs from the builder's. */
const OTHER_FIELDS = aContact({
  address: "sip:alice@203.0.113.9:1;transport=tcp",
  callId: "other",
  cseq: 2 ** 31 - 1,
  qThousandths: 1_000,
  expiresAtMs: 1_234.5,
  modifiedWallMs: 1_900_000_000_123,
  modifiedAtMs: 77.25,
  userAgent: null,
  received: "sip:203.0.113.9:1",
  path: "<sip:edge.example.org;lr>",
  methods: 0,
  instance: "<urn:uuid:0>",
  regId: 2 ** 31 - 1,
  serverId: 9,
  isNated: true,
  domain: 65_535,
  flow: aStream(2 ** 31 - 1, { remoteAddress: "2001:db8::9", remotePort: 65_535, socket: 9 }),
});

describe("ContactTable", () => {
  test("keeps every field of a contact, and its size, AoRs and room", () => {
    const table = open();
    const slot = table.insert(aContact());
    expect(read(table, slot)).toEqual(aContact());
    expect({ size: table.size, aors: table.aors, room: table.room, used: table.slotsUsed }).toEqual({
      size: 1,
      aors: 1,
      room: 7,
      used: 1,
    });
  });

  test("update() overwrites every field but the AoR, the ruid and the domain label", () => {
    const table = open();
    const slot = table.insert(aContact());
    const { ruid } = table.text(slot);
    const { domain } = aContact();
    table.update(slot, OTHER_FIELDS);
    expect(read(table, slot)).toEqual({ ...OTHER_FIELDS, domain });
    table.update(slot, aContact({ aor: "mallory@example.org", domain: 9 }));
    expect(read(table, slot)).toEqual(aContact());
    expect(table.text(slot).ruid).toBe(ruid);
  });

  test("makes a ruid of the start, random digits and the slot, and finds the contact by it", () => {
    const table = open();
    const slots = [0, 1, 2].map((i) => table.insert(aContactNumber(i)));
    const ruids = slots.map((slot) => table.text(slot).ruid);
    expect(ruids.map((ruid) => ruid.replace(/-[0-9a-f]{8}-([0-9a-f]+)$/, "-RANDOM-$1"))).toEqual([
      "uloc-6b03e225-RANDOM-0",
      "uloc-6b03e225-RANDOM-1",
      "uloc-6b03e225-RANDOM-2",
    ]);
    expect(ruids.map((ruid) => table.slotOf(ruid))).toEqual(slots);
  });

  test("a contact that comes again after its removal has a new ruid, and the old one leads nowhere", () => {
    const table = open();
    const { ruid } = table.text(table.insert(aContact()));
    table.remove(0);
    expect(table.slotOf(ruid)).toBe(NO_SLOT);
    expect(table.text(table.insert(aContact())).ruid).not.toBe(ruid);
    expect(table.slotOf(ruid)).toBe(NO_SLOT);
  });

  test.each([
    { ruid: "uloc-6b03e225-00000000-0", because: "right slot, wrong random digits" },
    { ruid: "uloc-1-2-ffffffff", because: "a slot beyond any table" },
    { ruid: "uloc-1-2-fffffff", because: "a slot beyond this table" },
    { ruid: "-1", because: "no ruid of anybody's" },
    { ruid: "", because: "nothing" },
    { ruid: "__proto__", because: "not a property either" },
  ])("slotOf($ruid) finds nothing: $because", ({ ruid }) => {
    const table = open();
    table.insert(aContact());
    expect(table.slotOf(ruid)).toBe(NO_SLOT);
  });

  test("lists the contacts of an AoR oldest first, and only those", () => {
    const table = open();
    const [a, , c, d] = ["a", "b", "a", "a"].map((aor) => table.insert(aContact({ aor }))) as [
      number,
      number,
      number,
      number,
    ];
    expect(table.slotsOf("a")).toEqual([a, c, d]);
    table.remove(c);
    expect(table.slotsOf("a")).toEqual([a, d]);
    table.remove(a);
    expect(table.slotsOf("a")).toEqual([d]);
    table.remove(d);
    expect(table.slotsOf("a")).toEqual([]);
    expect(table.firstOf("a")).toBe(NO_SLOT);
    expect(table.aors).toBe(1);
  });

  test("uses the slot that was freed last before a fresh one", () => {
    const table = open();
    for (let i = 0; i < 4; i++) table.insert(aContactNumber(i));
    table.remove(1);
    table.remove(2);
    expect([4, 5, 6].map((i) => table.insert(aContactNumber(i)))).toEqual([2, 1, 4]);
  });

  test("when full, refuses a contact and changes nothing; a removal makes room", () => {
    const table = open(2);
    table.insert(aContactNumber(0));
    table.insert(aContactNumber(1));
    expect(table.room).toBe(0);
    expect(() => table.insert(aContactNumber(2))).toThrow(RangeError);
    expect({ size: table.size, aors: table.aors, slots: table.slotsOf("u2@example.org") }).toEqual({
      size: 2,
      aors: 2,
      slots: [],
    });
    table.remove(0);
    expect(table.insert(aContactNumber(2))).toBe(0);
  });

  test("text() of an empty slot is a mistake of the program and says which slot", () => {
    expect(() => open().text(3)).toThrow("no contact in slot 3");
  });

  test("loseConnection() leaves a flow that leads nowhere and nothing else changed", () => {
    const table = open();
    const slot = table.insert(aContact({ flow: aStream(5) }));
    table.loseConnection(slot);
    expect(read(table, slot)).toEqual(aContact({ flow: { ...aStream(5), connectionId: -1 } }));
  });
});

describe("ContactTable.restore()", () => {
  test("puts a contact back into the slot its ruid names", () => {
    const table = open();
    expect(table.restore(aContactNumber(0), "uloc-1-00000001-5")).toBe(5);
    expect(table.slotOf("uloc-1-00000001-5")).toBe(5);
    expect(table.slotsUsed).toBe(6);
  });

  test.each([
    { ruid: "uloc-1-00000001-8", because: "its slot is beyond the table" },
    { ruid: "3f2b6c", because: "somebody else made it, and its end happens to name a slot beyond the table" },
    { ruid: "no ruid of ours", because: "it names no slot" },
    { ruid: "uloc-2-00000002-3", because: "its slot is taken" },
  ])("keeps $ruid in another slot and finds it there: $because", ({ ruid }) => {
    const table = open();
    table.restore(aContactNumber(0), "uloc-1-00000001-3");
    const slot = table.restore(aContactNumber(1), ruid);
    expect(slot).not.toBe(3);
    expect(table.slotOf(ruid)).toBe(slot);
    expect(table.text(slot).ruid).toBe(ruid);
    table.remove(slot);
    expect(table.slotOf(ruid)).toBe(NO_SLOT);
    expect(table.slotOf("uloc-1-00000001-3")).toBe(3);
  });

  test("fills the table to the last slot, wherever the ruids point", () => {
    const table = open(4);
    table.restore(aContactNumber(0), "uloc-1-00000001-3");
    const slots = [1, 2, 3].map((i) => table.restore(aContactNumber(i), `foreign ${i}`));
    expect(slots.sort()).toEqual([0, 1, 2]);
    expect(() => table.restore(aContactNumber(4), "foreign 4")).toThrow(RangeError);
    table.finishRestore();
    expect(() => table.insert(aContactNumber(5))).toThrow(RangeError);
  });

  test("finishRestore() makes the holes available, lowest first, then the slots behind", () => {
    const table = open();
    table.restore(aContactNumber(0), "uloc-1-00000001-1");
    table.restore(aContactNumber(1), "uloc-1-00000001-4");
    table.finishRestore();
    expect([2, 3, 4, 5].map((i) => table.insert(aContactNumber(i)))).toEqual([0, 2, 3, 5]);
  });

  test("AoR lists are as long as the stored bindings", () => {
    const table = open();
    const ruids = ["uloc-1-00000001-6", "foreign", "uloc-1-00000001-2"];
    for (const ruid of ruids) table.restore(aContact({ flow: aFlow() }), ruid);
    expect(table.slotsOf("alice@example.org").map((slot) => table.text(slot).ruid)).toEqual(ruids);
  });
});

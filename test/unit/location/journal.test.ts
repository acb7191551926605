import { expect, test } from "vitest";
import { seededRandom } from "../../../src/base/random.ts";
import { ContactTable } from "../../../src/location/contact-table.ts";
import { Journal } from "../../../src/location/journal.ts";
import { Location } from "../../../src/location/location.ts";
import { rowOf } from "../../../src/location/rows.ts";
import { aContact, aContactNumber, aStream } from "../../fakes/contacts.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

function open() {
  const clock = new ManualClock();
  const table = new ContactTable({ capacity: 8, random: seededRandom(1), startWallMs: clock.wallMs() });
  const location = new Location({ table, clock });
  const journal = new Journal({
    read: (slot) => ({ kind: "stored", row: rowOf(table, slot, clock, () => "udp:198.51.100.1:5060") }),
    ruidOf: (slot) => table.text(slot).ruid,
  });
  location.watch(journal);
  const take = () =>
    journal
      .take()
      .map((entry) => (entry.kind === "stored" ? `${entry.row.ruid} cseq ${entry.row.cseq}` : `${entry.ruid} gone`));
  return { clock, table, location, journal, take };
}

test("a journal tells every change of a binding in order, each as it was at that moment", () => {
  const { table, location, journal, take } = open();
  const slot = location.store(aContact({ cseq: 1 }));
  const { ruid } = table.text(slot);
  location.refresh(slot, aContact({ cseq: 2 }));
  location.refresh(slot, aContact({ cseq: 3, flow: aStream(1) }));
  location.remove(slot, "removed");
  location.store(aContact({ cseq: 4 }));
  const again = table.text(slot).ruid;
  expect(journal.size).toBe(5);
  expect(take()).toEqual([`${ruid} cseq 1`, `${ruid} cseq 2`, `${ruid} cseq 3`, `${ruid} gone`, `${again} cseq 4`]);
  expect(again).not.toBe(ruid);
});

test("what was taken is not told again", () => {
  const { location, journal, take } = open();
  location.store(aContactNumber(0));
  expect(take()).toHaveLength(1);
  expect(journal.size).toBe(0);
  expect(take()).toEqual([]);
  location.store(aContactNumber(1));
  expect(take()).toHaveLength(1);
});

test("a restored binding is stored already and is not journaled; its end is", () => {
  const { clock, location, take } = open();
  location.restore(aContact({ expiresAtMs: clock.monotonicMs() + 60_000 }), "uloc-1-00000001-3");
  expect(take()).toEqual([]);
  clock.advance(60_000);
  location.expireDue(clock.monotonicMs(), 10);
  expect(take()).toEqual(["uloc-1-00000001-3 gone"]);
});

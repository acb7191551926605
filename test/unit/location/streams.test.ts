import { describe, expect, test } from "vitest";
import { seededRandom } from "../../../src/base/random.ts";
import { ContactTable } from "../../../src/location/contact-table.ts";
import { Location } from "../../../src/location/location.ts";
import { Streams } from "../../../src/location/streams.ts";
import { aContactNumber, aFlow, aStream } from "../../fakes/contacts.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

function open() {
  const table = new ContactTable({ capacity: 8, random: seededRandom(1), startWallMs: 0 });
  const location = new Location({ table, clock: new ManualClock() });
  const streams = new Streams(table);
  location.watch(streams);
  const store = (i: number, connectionId: number) =>
    location.store(aContactNumber(i, { flow: connectionId < 0 ? aFlow() : aStream(connectionId) }));
  return { table, location, streams, store };
}

describe("Streams.closed()", () => {
  test("names every contact on the stream, no other, and takes their flow away", () => {
    const { table, streams, store } = open();
    const [a, b, c, d] = [store(0, 5), store(1, 6), store(2, 5), store(3, -1)] as const;
    expect(streams.closed(5)).toEqual([a, c]);
    expect([a, b, c, d].map((slot) => table.connectionId[slot])).toEqual([-1, 6, -1, -1]);
  });

  test("names nobody twice, nobody on an unknown stream, and nobody over UDP", () => {
    const { streams, store } = open();
    store(0, 5);
    store(1, -1);
    streams.closed(5);
    expect([5, 99, -1].map((connectionId) => streams.closed(connectionId))).toEqual([[], [], []]);
  });

  test("a contact that moved hangs on its new stream only", () => {
    const { location, streams, store } = open();
    const slot = store(0, 5);
    location.refresh(slot, aContactNumber(0, { flow: aStream(6) }));
    expect(streams.closed(5)).toEqual([]);
    expect(streams.closed(6)).toEqual([slot]);
  });

  test("a contact that moved to UDP hangs on no stream", () => {
    const { location, streams, store } = open();
    const slot = store(0, 5);
    location.refresh(slot, aContactNumber(0));
    expect(streams.closed(5)).toEqual([]);
  });

  test("a refresh over the same stream changes nothing", () => {
    const { location, streams, store } = open();
    const slot = store(0, 5);
    location.refresh(slot, aContactNumber(0, { cseq: 2, flow: aStream(5) }));
    expect(streams.closed(5)).toEqual([slot]);
  });

  test("a contact that lost its stream and registers again is found on the new one", () => {
    const { location, streams, store } = open();
    const slot = store(0, 5);
    streams.closed(5);
    location.refresh(slot, aContactNumber(0, { flow: aStream(6) }));
    expect(streams.closed(6)).toEqual([slot]);
  });

  test("a removed contact is forgotten, and its slot's next contact is not mistaken for it", () => {
    const { location, streams, store } = open();
    const slot = store(0, 5);
    location.remove(slot, "removed");
    expect(store(1, -1)).toBe(slot);
    expect(streams.closed(5)).toEqual([]);
  });
});

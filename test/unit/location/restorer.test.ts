/**
 * Bindings that come back before the sockets they hang on.
 *
 * @module
 */
import { expect, test } from "vitest";
import { seededRandom } from "../../../src/base/random.ts";
import { ContactTable } from "../../../src/location/contact-table.ts";
import type { BindingRow } from "../../../src/location/contact-view.ts";
import { Location } from "../../../src/location/location.ts";
import { Restorer } from "../../../src/location/restorer.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

function openRestorer(capacity = 8) {
  const clock = new ManualClock();
  const table = new ContactTable({ capacity, random: seededRandom(1), startWallMs: clock.wallMs() });
  const domains: string[] = [];
  const restorer = new Restorer({
    clock,
    location: new Location({ table, clock }),
    domainNumber: (domain) => domains.push(domain),
  });
  const aRow = (fields: Partial<BindingRow> = {}): BindingRow => ({
    ruid: "uloc-1-00000001-0",
    aor: "alice@a.example",
    address: "sip:alice@192.0.2.1",
    received: null,
    path: null,
    expiresAtWallMs: clock.wallMs() + 60_000,
    qThousandths: -1,
    callId: "c1",
    cseq: 1,
    lastModifiedWallMs: clock.wallMs() - 1_000,
    isNated: false,
    userAgent: null,
    socket: "udp:192.0.2.9:5060",
    flow: "udp:192.0.2.1:5060",
    methods: 1,
    instance: null,
    regId: 0,
    serverId: 0,
    connectionId: -1,
    ...fields,
  });
  return { table, restorer, domains, aRow };
}

test("settle() gives each contact the socket its row named, and -1 where that is not open any more", () => {
  const { table, restorer, aRow } = openRestorer();
  const names = ["udp:192.0.2.9:5060", "udp:gone:5060", "udp:192.0.2.9:5060", "udp:192.0.2.8:5060"];
  names.forEach((socket, slot) => {
    restorer.take(aRow({ ruid: `uloc-1-0000000${slot}-${slot}`, socket }));
  });
  const open = ["udp:192.0.2.8:5060", "udp:192.0.2.9:5060"];
  restorer.settle((name) => open.indexOf(name));
  expect(names.map((_, slot) => table.socket[slot])).toEqual([1, -1, 1, 0]);
  expect(restorer.taken).toBe(4);
});

test("before settle() no contact has a socket to send on", () => {
  const { table, restorer, aRow } = openRestorer();
  restorer.take(aRow());
  expect(table.socket[0]).toBeLessThan(0);
});

test("one name over two transports is two sockets", () => {
  const { table, restorer, aRow } = openRestorer();
  restorer.take(aRow({ ruid: "uloc-1-00000001-0", socket: "gone", flow: "udp:192.0.2.1:5060" }));
  restorer.take(aRow({ ruid: "uloc-1-00000002-1", socket: "gone", flow: "tcp:192.0.2.1:5060" }));
  restorer.settle((_name, transport) => (transport === "udp" ? 3 : 4));
  expect([table.socket[0], table.socket[1]]).toEqual([3, 4]);
});

test.each([
  { fields: {}, taken: true, because: "it is current" },
  { fields: { expiresAtWallMs: 0 }, taken: false, because: "it has expired" },
  { fields: { flow: "udp:a.name:5060" }, taken: false, because: "its flow is not numeric" },
])("take() returns $taken when $because", ({ fields, taken }) => {
  const { restorer, aRow, table } = openRestorer();
  expect(restorer.take(aRow(fields))).toBe(taken);
  expect(table.size).toBe(taken ? 1 : 0);
});

test("take() passes over what finds the table full", () => {
  const { restorer, aRow, table } = openRestorer(1);
  expect(restorer.take(aRow())).toBe(true);
  expect(restorer.take(aRow({ ruid: "uloc-1-00000002-1" }))).toBe(false);
  expect(table.size).toBe(1);
});

test.each([
  { aor: "alice@a.example", domain: "a.example", because: "it has a domain" },
  { aor: "alice", domain: "", because: "a user must not become a domain label" },
  { aor: '"a@b"@c.example', domain: "c.example", because: "the last @ counts" },
])("the domain label of $aor is that of '$domain': $because", ({ aor, domain }) => {
  const { restorer, aRow, domains } = openRestorer();
  restorer.take(aRow({ aor }));
  expect(domains).toEqual([domain]);
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TRANSPORTS, type TransportName } from "../../../src/base/net-names.ts";
import { seededRandom } from "../../../src/base/random.ts";
import { type ContactFields, ContactTable } from "../../../src/location/contact-table.ts";
import type { BindingRow } from "../../../src/location/contact-view.ts";
import { fieldsOf, flowName, parseFlowName, rowOf } from "../../../src/location/rows.ts";
import { aContact, aFlow, aStream } from "../../fakes/contacts.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

const SOCKETS = ["udp:198.51.100.1:5060", "tcp:198.51.100.1:5060"];

/** The row of a contact in the life of one process. */
function stored(fields: ContactFields, clock = new ManualClock()): BindingRow {
  const table = new ContactTable({ capacity: 1, random: seededRandom(1), startWallMs: clock.wallMs() });
  return rowOf(table, table.insert(fields), clock, (socket) => SOCKETS[socket] ?? "");
}

/** What another process makes of a row. */
function taken(row: BindingRow, clock: ManualClock): ContactFields | null {
  return fieldsOf(row, { clock, domain: 3, socketOf: (socket) => SOCKETS.indexOf(socket) });
}

describe("rowOf() and fieldsOf()", () => {
  test("a row says everything in wall-clock time", () => {
    expect(stored(aContact({ path: "<sip:p;lr>", isNated: true, flow: aStream(4) }))).toMatchObject({
      aor: "alice@example.org",
      path: "<sip:p;lr>",
      isNated: true,
      expiresAtWallMs: 1_800_000_000_000 + 3_600_000,
      lastModifiedWallMs: 1_800_000_000_000,
      socket: "tcp:198.51.100.1:5060",
      flow: "tcp:192.0.2.7:40004",
      connectionId: 4,
    });
  });

  test.each([
    { flow: aFlow(), because: "UDP" },
    { flow: aFlow({ remoteAddress: "2001:db8::9" }), because: "UDP over IPv6" },
    { flow: aFlow({ remoteAddress: "::ffff:192.0.2.7" }), because: "IPv4 mapped into IPv6" },
    { flow: aStream(7), because: "a stream: its connection is gone" },
  ])("a binding lives on in the next process: $because", ({ flow }) => {
    const before = aContact({ flow, instance: "<urn:uuid:1>", regId: 1, received: "sip:192.0.2.7:1", serverId: 2 });
    // The next process starts ten minutes later, with a monotonic clock that begins anew.
    const clock = new ManualClock({ startMs: 50, wallMs: 1_800_000_600_000 });
    const after = taken(stored(before), clock);
    expect(after).toMatchObject({
      ...before,
      domain: 3,
      expiresAtMs: 50 + 3_000_000,
      modifiedAtMs: 50 - 600_000,
      flow: { ...flow, connectionId: -1 },
    });
  });

  test("a socket that is no longer open becomes -1: nothing is sent to that contact", () => {
    const row = { ...stored(aContact()), socket: "udp:10.0.0.1:5060" };
    expect(taken(row, new ManualClock())?.flow.socket).toBe(-1);
  });

  test.each([
    { wallMs: 1_800_003_599_999, isTaken: true, because: "a millisecond is left" },
    { wallMs: 1_800_003_600_000, isTaken: false, because: "it ends now" },
    { wallMs: 1_900_000_000_000, isTaken: false, because: "it ended long ago" },
  ])("at $wallMs it is taken $isTaken: $because", ({ wallMs, isTaken }) => {
    expect(taken(stored(aContact()), new ManualClock({ wallMs })) !== null).toBe(isTaken);
  });

  test("a row from the future, after the wall clock stepped back, was modified now", () => {
    const row = { ...stored(aContact()), lastModifiedWallMs: 1_900_000_000_000 };
    expect(taken(row, new ManualClock())?.modifiedAtMs).toBe(1_000);
  });

  test("a row whose flow cannot be read is not taken", () => {
    expect(taken({ ...stored(aContact()), flow: "" }, new ManualClock())).toBeNull();
  });
});

describe("parseFlowName()", () => {
  test.each([
    { name: "udp:192.0.2.7:5060", because: "IPv4" },
    { name: "tcp:[2001:db8::9]:65535", because: "IPv6, highest port" },
    { name: "wss:[::ffff:192.0.2.7]:1", because: "mapped, lowest port" },
  ])("reads $name and prints it again: $because", ({ name }) => {
    const flow = parseFlowName(name);
    expect(flow && flowName(aFlow({ ...flow, remoteAddress: flow.address, remotePort: flow.port }))).toBe(name);
  });

  test.each([
    { name: "", because: "nothing" },
    { name: "192.0.2.7:5060", because: "no transport" },
    { name: "sctp:192.0.2.7:5060", because: "a transport we do not speak" },
    { name: "UDP:192.0.2.7:5060", because: "not as we print it" },
    { name: "udp:192.0.2.7", because: "no port" },
    { name: "udp:192.0.2.7:0", because: "port 0" },
    { name: "udp:192.0.2.7:65536", because: "a port too high" },
    { name: "udp:2001:db8::9:5060", because: "IPv6 without brackets" },
    { name: "udp:[2001:db8::9:5060", because: "half a bracket" },
    { name: "udp:phone.example.org:5060", because: "a name: looking it up would ask a stranger" },
    { name: "udp:192.0.2.7:5060\n", because: "something behind it" },
  ])("does not read $name: $because", ({ name }) => {
    expect(parseFlowName(name)).toBeNull();
  });

  test("reads every flow name that is printed", () => {
    const transport = fc.constantFrom(...(TRANSPORTS as readonly TransportName[]));
    const address = fc.oneof(fc.ipV4(), fc.ipV6());
    fc.assert(
      fc.property(transport, address, fc.integer({ min: 1, max: 65_535 }), (name, remoteAddress, remotePort) => {
        const flow = aFlow({ transport: name, remoteAddress, remotePort });
        expect(parseFlowName(flowName(flow))).toEqual({ transport: name, address: remoteAddress, port: remotePort });
      }),
      { seed: 40 },
    );
  });
});

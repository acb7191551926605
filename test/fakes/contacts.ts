/**
 * Builders of what a registration says about a contact: name what the test is about, the rest is ordinary.
 *
 * @module
 */
import type { ContactFields, FlowEnd } from "../../src/location/contact-table.ts";

/** A UDP flow from a phone behind socket 0. */
export function aFlow(fields: Partial<FlowEnd> = {}): FlowEnd {
  return {
    transport: "udp",
    socket: 0,
    remoteAddress: "192.0.2.7",
    remotePort: 5_060,
    connectionId: -1,
    ...fields,
  };
}

/** A TCP flow over connection `connectionId`. */
export function aStream(connectionId: number, fields: Partial<FlowEnd> = {}): FlowEnd {
  return aFlow({ transport: "tcp", socket: 1, remotePort: 40_000 + connectionId, connectionId, ...fields });
}

/** A contact registered for an hour when the manual clock stands at its start. */
export function aContact(fields: Partial<ContactFields> = {}): ContactFields {
  return {
    aor: "alice@example.org",
    address: "sip:alice@192.0.2.7:5060",
    callId: "969f6c5bdb870137",
    cseq: 1,
    qThousandths: -1,
    expiresAtMs: 3_601_000,
    modifiedWallMs: 1_800_000_000_000,
    modifiedAtMs: 1_000,
    userAgent: "baresip v1.0.0 (x86_64/linux)",
    received: null,
    path: null,
    methods: 4_294_967_295,
    instance: null,
    regId: 0,
    serverId: 0,
    isNated: false,
    domain: 0,
    flow: aFlow(),
    ...fields,
  };
}

/** Contact number `i` of many: AoR, address and flow of its own. */
export function aContactNumber(i: number, fields: Partial<ContactFields> = {}): ContactFields {
  const flow = aFlow({ remotePort: 10_000 + i });
  return aContact({ aor: `u${i}@example.org`, address: `sip:u${i}@192.0.2.7:${flow.remotePort}`, flow, ...fields });
}

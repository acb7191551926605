/**
 * A contact as storage keeps it, and back: instants become wall-clock times, because the monotonic clock of a
 * process means nothing to the next one.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import { hostPort, TRANSPORTS, type TransportName } from "../base/net-names.ts";
import type { ContactFields, ContactTable, FlowEnd } from "./contact-table.ts";
import type { BindingRow } from "./contact-view.ts";

/** Names the local socket of a flow, e.g. `udp:127.0.0.1:5060`. */
export type SocketName = (socket: number) => string;

/** The row of a contact that exists. */
export function rowOf(table: ContactTable, slot: number, clock: Clock, socketName: SocketName): BindingRow {
  const text = table.text(slot);
  return {
    ruid: text.ruid,
    aor: text.aor,
    address: text.address,
    received: text.received,
    path: text.path,
    expiresAtWallMs: clock.wallMs() + (table.expiresAtMs[slot] as number) - clock.monotonicMs(),
    qThousandths: table.qThousandths[slot] as number,
    callId: text.callId,
    cseq: table.cseq[slot] as number,
    lastModifiedWallMs: table.modifiedWallMs[slot] as number,
    isNated: table.nated[slot] === 1,
    userAgent: text.userAgent,
    socket: socketName(table.socket[slot] as number),
    flow: flowName(table.flowOf(slot)),
    methods: table.methods[slot] as number,
    instance: text.instance,
    regId: table.regId[slot] as number,
    serverId: table.serverId[slot] as number,
    connectionId: table.connectionId[slot] as number,
  };
}

/** `udp:192.0.2.7:5060`: the phone's end of a flow. */
export function flowName(flow: FlowEnd): string {
  return `${flow.transport}:${hostPort(flow.remoteAddress, flow.remotePort)}`;
}

/** Reads what `flowName` wrote; `null` for anything else. */
export function parseFlowName(name: string): { transport: TransportName; address: string; port: number } | null {
  const match = /^([a-z]+):(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)):(\d{1,5})$/.exec(name);
  const transport = TRANSPORTS.find((known) => known === match?.[1]);
  const port = Number(match?.[4]);
  if (match === null || transport === undefined || port < 1 || port > 65_535) return null;
  return { transport, address: (match[2] ?? match[3]) as string, port };
}

/**
 * The fields of a stored binding in this process.
 *
 * @param socketOf finds the local socket of a flow again; -1 when it is no longer open
 * @returns `null` when the row has expired or its flow cannot be read
 */
export function fieldsOf(
  row: BindingRow,
  parts: { clock: Clock; domain: number; socketOf: (socket: string, transport: TransportName) => number },
): ContactFields | null {
  const flow = parseFlowName(row.flow);
  const nowWallMs = parts.clock.wallMs();
  if (flow === null || row.expiresAtWallMs <= nowWallMs) return null;
  const nowMs = parts.clock.monotonicMs();
  return {
    ...row,
    domain: parts.domain,
    expiresAtMs: nowMs + row.expiresAtWallMs - nowWallMs,
    modifiedWallMs: row.lastModifiedWallMs,
    modifiedAtMs: nowMs - Math.max(0, nowWallMs - row.lastModifiedWallMs),
    flow: {
      transport: flow.transport,
      socket: parts.socketOf(row.socket, flow.transport),
      remoteAddress: flow.address,
      remotePort: flow.port,
      // A connection does not survive the process that held it.
      connectionId: -1,
    },
  };
}

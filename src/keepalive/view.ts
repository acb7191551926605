/**
 * A contact and its heartbeat as one copy, for people.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import { msToS } from "../base/units.ts";
import type { ContactTable } from "../location/contact-table.ts";
import type { ContactView } from "../location/contact-view.ts";
import { flowName, type SocketName } from "../location/rows.ts";
import type { Heartbeats } from "./heartbeats.ts";

/** What a view is made from. */
export interface ViewParts {
  readonly clock: Clock;
  readonly table: ContactTable;
  readonly heartbeats: Heartbeats;
  readonly socketName: SocketName;
}

/** The contact in `slot`, as of now. */
export function viewOf(slot: number, { clock, table, heartbeats, socketName }: ViewParts): ContactView {
  const { ruid, aor, address, callId, userAgent, received, path, instance } = table.text(slot);
  const nowMs = clock.monotonicMs();
  const wallMs = clock.wallMs();
  /** An instant of the monotonic clock on the wall clock; 0 stands for "never". */
  const onWall = (atMs: number): number | null => (atMs === 0 ? null : wallMs - (nowMs - atMs));
  return {
    ruid,
    aor,
    address,
    expiresInS: Math.max(0, Math.ceil(msToS((table.expiresAtMs[slot] as number) - nowMs))),
    qThousandths: table.qThousandths[slot] as number,
    callId,
    cseq: table.cseq[slot] as number,
    userAgent,
    received,
    path,
    socket: socketName(table.socket[slot] as number),
    flow: flowName(table.flowOf(slot)),
    transport: table.transportOf(slot),
    methods: table.methods[slot] as number,
    instance,
    regId: table.regId[slot] as number,
    serverId: table.serverId[slot] as number,
    connectionId: table.connectionId[slot] as number,
    isNated: table.nated[slot] === 1,
    lastModifiedWallMs: table.modifiedWallMs[slot] as number,
    state: heartbeats.stateOf(slot),
    lastSentWallMs: onWall(heartbeats.sentAtMs[slot] as number),
    lastAnsweredWallMs: onWall(heartbeats.answeredAtMs[slot] as number),
    roundTripMs: heartbeats.roundTrip(slot),
    smoothedRoundTripMs: heartbeats.smoothed(slot),
    jitterMs: heartbeats.jitter(slot),
    lossRatio: heartbeats.lossRatio(slot),
    missesInARow: heartbeats.missesInARow[slot] as number,
  };
}

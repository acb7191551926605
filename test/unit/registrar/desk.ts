/**
 * A registrar on a table of its own, with a clock that stands still: REGISTER text in, answer out, table to look at.
 *
 * @module
 */
import { seededRandom } from "../../../src/base/random.ts";
import { ContactTable, type FlowEnd } from "../../../src/location/contact-table.ts";
import { Location } from "../../../src/location/location.ts";
import { Registrar, type RegistrarPolicy } from "../../../src/registrar/registrar.ts";
import type { Answer } from "../../../src/sip/answer.ts";
import type { SipRequest } from "../../../src/sip/syntax/message.ts";
import { checkRequest, parseMessage } from "../../../src/sip/syntax/parse.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";
import { type RequestFields, registerText } from "../../fakes/sip-text.ts";

export const POLICY: RegistrarPolicy = {
  domains: [],
  minExpiresS: 60,
  maxExpiresS: 3_600,
  defaultExpiresS: 1_800,
  maxContactsPerAor: 3,
  useDomain: true,
  natDetect: true,
  path: "supported",
  authMode: "loopback",
  serverId: 7,
};

/** Where the phone of most tests sits. */
export const FLOW: FlowEnd = {
  transport: "udp",
  socket: 0,
  remoteAddress: "127.0.0.1",
  remotePort: 5_062,
  connectionId: -1,
};

/** A REGISTER as the endpoint hands it on. */
export function parsedRegister(contacts: readonly string[], fields: RequestFields = {}): SipRequest {
  const message = parseMessage(Buffer.from(registerText(contacts, fields), "latin1"));
  if (message.kind !== "request") throw new TypeError("a REGISTER is a request");
  checkRequest(message);
  return message;
}

/** One binding, without what no registration decides. */
export interface Row {
  readonly aor: string;
  readonly address: string;
  readonly callId: string;
  readonly cseq: number;
  /** Seconds left. */
  readonly leftS: number;
}

/** See the module header. */
export class Desk {
  readonly clock = new ManualClock();
  readonly table: ContactTable;
  readonly location: Location;
  readonly registrar: Registrar;
  /** What the observer was told: domain, transport, status. */
  readonly answered: string[] = [];
  /** What happened to bindings, in order. */
  readonly events: string[] = [];

  constructor(policy: Partial<RegistrarPolicy> = {}, capacity = 16) {
    this.table = new ContactTable({ capacity, random: seededRandom(1), startWallMs: this.clock.wallMs() });
    this.location = new Location({ table: this.table, clock: this.clock });
    this.location.watch({
      bindingStored: (slot, kind) => void this.events.push(`${kind} ${this.table.text(slot).address}`),
      bindingRemoved: (slot, reason) => void this.events.push(`${reason} ${this.table.text(slot).address}`),
    });
    const domains = [""];
    this.registrar = new Registrar({
      clock: this.clock,
      location: this.location,
      policy: { ...POLICY, ...policy },
      domainNumber: (domain) => (domains.includes(domain) ? domains.indexOf(domain) : domains.push(domain) - 1),
      observer: {
        registerAnswered: (domain, transport, status) =>
          void this.answered.push(`${domains[domain]} ${transport} ${status}`),
      },
    });
  }

  /** Registers and returns the answer. */
  register(contacts: readonly string[], fields: RequestFields = {}, flow: FlowEnd = FLOW): Answer {
    return this.registrar.register(parsedRegister(contacts, fields), flow);
  }

  /** Every binding, by slot. */
  rows(): readonly Row[] {
    const { table } = this;
    return Array.from({ length: table.slotsUsed }, (_, slot) => slot)
      .filter((slot) => table.has(slot))
      .map((slot) => {
        const { aor, address, callId } = table.text(slot);
        const leftMs = (table.expiresAtMs[slot] as number) - this.clock.monotonicMs();
        return { aor, address, callId, cseq: table.cseq[slot] as number, leftS: leftMs / 1_000 };
      });
  }

  /** Everything the table knows, to compare before and after. */
  everything(): unknown {
    const { table } = this;
    const { cseq, qThousandths, expiresAtMs, modifiedAtMs, modifiedWallMs, methods, regId, serverId, nated, domain } =
      table;
    const columns: readonly ArrayLike<number>[] = [
      ...[cseq, qThousandths, expiresAtMs, modifiedAtMs, modifiedWallMs],
      ...[methods, regId, serverId, nated, domain],
    ];
    return Array.from({ length: table.slotsUsed }, (_, slot) =>
      table.has(slot)
        ? { ...table.text(slot), ...table.flowOf(slot), numbers: columns.map((column) => column[slot]) }
        : null,
    );
  }
}

/** A binding that was there before, made 100 s ago. */
export interface Before {
  readonly contact: string;
  readonly callId?: string;
  readonly cseq?: number;
}

/** Age of the bindings that were there before. */
const BEFORE_AGE_MS = 100_000;

/** A desk where these bindings were made, one REGISTER each; their time runs since. */
export function deskWith(before: readonly Before[], policy = {}, capacity = 16): Desk {
  const desk = new Desk(policy, capacity);
  for (const { contact, callId = "old", cseq = 5 } of before) {
    const answer = desk.register([`${contact};expires=600`], { callId, cseq });
    if (answer.status !== 200) throw new Error(`the table could not be prepared: ${answer.status}`);
  }
  desk.clock.advance(BEFORE_AGE_MS);
  desk.events.length = 0;
  return desk;
}

/** Values of one header of an answer. */
export function valuesOf(answer: Answer, name: string): readonly string[] {
  return answer.headers.filter(([header]) => header === name).map(([, value]) => value);
}

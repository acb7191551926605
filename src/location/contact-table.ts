/**
 * Every contact of the registrar, by number (slot), by AoR and by ruid.
 *
 * Numbers live in typed arrays indexed by slot, strings in one small object per contact: a tenth of the garbage
 * collection pause of plain objects at a million contacts. The arrays have their full size from the start; the
 * system commits memory only for slots that were used, and freed slots are used again first.
 *
 * Contacts of one AoR form a list through `#nextOfAor`; the AoR map holds its first slot.
 *
 * @module
 */
import { TRANSPORTS, type TransportName } from "../base/net-names.ts";
import { type Random, randomHex } from "../base/random.ts";
import { msToWholeS } from "../base/units.ts";
import { copyText, SharedTexts } from "./text.ts";

/** The end of a flow, as the transports describe it. */
export interface FlowEnd {
  readonly transport: TransportName;
  /** Local socket number; -1 for a restored contact whose socket is gone. */
  readonly socket: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** -1 for UDP, and for a stream that is gone. */
  readonly connectionId: number;
}

/** What a registration says about a contact. Text may point into a message: the table copies what it keeps. */
export interface ContactFields {
  readonly aor: string;
  readonly address: string;
  readonly callId: string;
  readonly cseq: number;
  /** 0..1000; -1 = not given. */
  readonly qThousandths: number;
  /** On the monotonic clock. */
  readonly expiresAtMs: number;
  readonly modifiedWallMs: number;
  readonly modifiedAtMs: number;
  readonly userAgent: string | null;
  readonly received: string | null;
  readonly path: string | null;
  readonly methods: number;
  readonly instance: string | null;
  readonly regId: number;
  readonly serverId: number;
  readonly isNated: boolean;
  /** Number of the domain label, see `DomainLabels`. */
  readonly domain: number;
  readonly flow: FlowEnd;
}

/** The strings of one contact; one shape for all. */
export interface ContactText {
  readonly ruid: string;
  readonly aor: string;
  address: string;
  callId: string;
  userAgent: string | null;
  received: string | null;
  path: string | null;
  instance: string | null;
  remoteAddress: string;
}

/** End of an AoR's list. */
export const NO_SLOT = -1;

/** See the module header. */
export class ContactTable {
  readonly capacity: number;
  /** Per slot; read freely, written only here. */
  readonly cseq: Uint32Array;
  readonly qThousandths: Int16Array;
  readonly expiresAtMs: Float64Array;
  readonly modifiedWallMs: Float64Array;
  readonly modifiedAtMs: Float64Array;
  readonly methods: Uint32Array;
  readonly regId: Int32Array;
  readonly serverId: Int32Array;
  readonly nated: Uint8Array;
  readonly domain: Uint16Array;
  /** Index into `TRANSPORTS`. */
  readonly transport: Uint8Array;
  readonly socket: Int16Array;
  readonly remotePort: Uint16Array;
  readonly connectionId: Int32Array;

  readonly #texts: (ContactText | undefined)[] = [];
  readonly #firstOfAor = new Map<string, number>();
  readonly #nextOfAor: Int32Array;
  /** Slots that were used and are free again, last freed first. */
  readonly #freed: number[] = [];
  /** Slots of restored contacts whose ruid does not name the slot. */
  readonly #slotOfForeignRuid = new Map<string, number>();
  /** Many contacts have the same. Two sets, so that a million addresses cannot crowd out a hundred user agents. */
  readonly #userAgents = new SharedTexts();
  readonly #addresses = new SharedTexts();
  readonly #random: Random;
  readonly #startHex: string;
  #highest = 0;
  #size = 0;
  /** While restoring: every slot below it is taken. */
  #lowestHole = 0;

  /** @param options.startWallMs becomes the process part of each ruid */
  constructor(options: { capacity: number; random: Random; startWallMs: number }) {
    const { capacity } = options;
    this.capacity = capacity;
    this.#random = options.random;
    this.#startHex = msToWholeS(options.startWallMs).toString(16);
    this.cseq = new Uint32Array(capacity);
    this.qThousandths = new Int16Array(capacity);
    this.expiresAtMs = new Float64Array(capacity);
    this.modifiedWallMs = new Float64Array(capacity);
    this.modifiedAtMs = new Float64Array(capacity);
    this.methods = new Uint32Array(capacity);
    this.regId = new Int32Array(capacity);
    this.serverId = new Int32Array(capacity);
    this.nated = new Uint8Array(capacity);
    this.domain = new Uint16Array(capacity);
    this.transport = new Uint8Array(capacity);
    this.socket = new Int16Array(capacity);
    this.remotePort = new Uint16Array(capacity);
    this.connectionId = new Int32Array(capacity);
    this.#nextOfAor = new Int32Array(capacity);
  }

  /** Contacts in the table. */
  get size(): number {
    return this.#size;
  }

  /** AoRs with at least one contact. */
  get aors(): number {
    return this.#firstOfAor.size;
  }

  /** Slots 0 .. slotsUsed-1 have been used at some time; walking them visits every contact. */
  get slotsUsed(): number {
    return this.#highest;
  }

  /** Contacts that can still be inserted. */
  get room(): number {
    return this.capacity - this.#size;
  }

  has(slot: number): boolean {
    return this.#texts[slot] !== undefined;
  }

  /** The strings of a contact that exists. */
  text(slot: number): ContactText {
    const text = this.#texts[slot];
    if (text === undefined) throw new RangeError(`no contact in slot ${slot}`);
    return text;
  }

  transportOf(slot: number): TransportName {
    return TRANSPORTS[this.transport[slot] as number] as TransportName;
  }

  flowOf(slot: number): FlowEnd {
    return {
      transport: this.transportOf(slot),
      socket: this.socket[slot] as number,
      remoteAddress: this.text(slot).remoteAddress,
      remotePort: this.remotePort[slot] as number,
      connectionId: this.connectionId[slot] as number,
    };
  }

  /** First contact of an AoR; `NO_SLOT` when it has none. */
  firstOf(aor: string): number {
    return this.#firstOfAor.get(aor) ?? NO_SLOT;
  }

  /** The next contact of the same AoR; `NO_SLOT` after the last. */
  nextOf(slot: number): number {
    return (this.#nextOfAor[slot] as number) - 1;
  }

  /** Every contact of an AoR, oldest first. */
  slotsOf(aor: string): number[] {
    const slots: number[] = [];
    for (let slot = this.firstOf(aor); slot !== NO_SLOT; slot = this.nextOf(slot)) slots.push(slot);
    return slots;
  }

  /** The contact with that ruid; `NO_SLOT` when there is none. */
  slotOf(ruid: string): number {
    const slot = this.#slotOfForeignRuid.get(ruid) ?? slotInRuid(ruid);
    return this.#texts[slot]?.ruid === ruid ? slot : NO_SLOT;
  }

  /**
   * Adds a contact.
   *
   * @returns its slot
   * @throws {RangeError} when the table is full: ask `room` first
   */
  insert(fields: ContactFields): number {
    const slot = this.#freed.pop() ?? this.#highest;
    if (slot >= this.capacity) throw new RangeError(`the contact table is full: ${this.capacity} contacts`);
    const ruid = `uloc-${this.#startHex}-${randomHex(this.#random, 1)}-${slot.toString(16)}`;
    this.#place(slot, copyText(ruid), fields);
    return slot;
  }

  /**
   * Adds a stored contact under its old ruid, in its old slot when that is free.
   * Only before the first `insert`; `finishRestore` ends it.
   *
   * @throws {RangeError} when the table is full
   */
  restore(fields: ContactFields, ruid: string): number {
    if (this.room === 0) throw new RangeError(`the contact table is full: ${this.capacity} contacts`);
    const named = slotInRuid(ruid);
    const isFree = named !== NO_SLOT && named < this.capacity && !this.has(named);
    const slot = isFree ? named : this.#slotForForeign();
    if (!isFree) this.#slotOfForeignRuid.set(ruid, slot);
    this.#place(slot, copyText(ruid), fields);
    return slot;
  }

  /** Makes the slots that `restore` left out available, lowest first. */
  finishRestore(): void {
    for (let slot = this.#highest - 1; slot >= 0; slot--) if (!this.has(slot)) this.#freed.push(slot);
  }

  /**
   * Overwrites a contact with a newer registration; its ruid and AoR stay. So does its domain label: without domains
   * in AoRs a phone may name another one each time, and gauges would be left behind.
   */
  update(slot: number, fields: ContactFields): void {
    const text = this.text(slot);
    text.address = replaced(text.address, fields.address);
    text.callId = replaced(text.callId, fields.callId);
    if (text.userAgent !== fields.userAgent) text.userAgent = this.#sharedAgent(fields.userAgent);
    text.received = replacedOrNull(text.received, fields.received);
    text.path = replacedOrNull(text.path, fields.path);
    text.instance = replacedOrNull(text.instance, fields.instance);
    const { remoteAddress } = fields.flow;
    if (text.remoteAddress !== remoteAddress) text.remoteAddress = this.#addresses.share(remoteAddress);
    const domain = this.domain[slot] as number;
    this.#writeNumbers(slot, fields);
    this.domain[slot] = domain;
  }

  remove(slot: number): void {
    const { aor, ruid } = this.text(slot);
    this.#unlink(aor, slot);
    this.#slotOfForeignRuid.delete(ruid);
    this.#texts[slot] = undefined;
    this.#freed.push(slot);
    this.#size -= 1;
  }

  /** Marks the stream of a contact as gone: there is nothing left to send on. */
  loseConnection(slot: number): void {
    this.connectionId[slot] = -1;
  }

  /** A fresh slot; once the last one is taken, the lowest of those left out. There is room. */
  #slotForForeign(): number {
    if (this.#highest < this.capacity) return this.#highest;
    while (this.has(this.#lowestHole)) this.#lowestHole += 1;
    return this.#lowestHole;
  }

  #place(slot: number, ruid: string, fields: ContactFields): void {
    const aor = copyText(fields.aor);
    // Filled without holes: V8 turns an array with a large hole into a hash table.
    while (this.#texts.length < slot) this.#texts.push(undefined);
    this.#texts[slot] = {
      ruid,
      aor,
      address: copyText(fields.address),
      callId: copyText(fields.callId),
      userAgent: this.#sharedAgent(fields.userAgent),
      received: copyOrNull(fields.received),
      path: copyOrNull(fields.path),
      instance: copyOrNull(fields.instance),
      remoteAddress: this.#addresses.share(fields.flow.remoteAddress),
    };
    this.#writeNumbers(slot, fields);
    this.#link(aor, slot);
    this.#highest = Math.max(this.#highest, slot + 1);
    this.#size += 1;
  }

  #sharedAgent(userAgent: string | null): string | null {
    return userAgent === null ? null : this.#userAgents.share(userAgent);
  }

  #writeNumbers(slot: number, fields: ContactFields): void {
    this.cseq[slot] = fields.cseq;
    this.qThousandths[slot] = fields.qThousandths;
    this.expiresAtMs[slot] = fields.expiresAtMs;
    this.modifiedWallMs[slot] = fields.modifiedWallMs;
    this.modifiedAtMs[slot] = fields.modifiedAtMs;
    this.methods[slot] = fields.methods;
    this.regId[slot] = fields.regId;
    this.serverId[slot] = fields.serverId;
    this.nated[slot] = fields.isNated ? 1 : 0;
    this.domain[slot] = fields.domain;
    this.transport[slot] = TRANSPORTS.indexOf(fields.flow.transport);
    this.socket[slot] = fields.flow.socket;
    this.remotePort[slot] = fields.flow.remotePort;
    this.connectionId[slot] = fields.flow.connectionId;
  }

  #link(aor: string, slot: number): void {
    this.#nextOfAor[slot] = 0;
    const first = this.#firstOfAor.get(aor);
    if (first === undefined) {
      this.#firstOfAor.set(aor, slot);
      return;
    }
    let last = first;
    while (this.nextOf(last) !== NO_SLOT) last = this.nextOf(last);
    this.#nextOfAor[last] = slot + 1;
  }

  #unlink(aor: string, slot: number): void {
    const next = this.nextOf(slot);
    const first = this.firstOf(aor);
    if (first !== slot) {
      let before = first;
      while (this.nextOf(before) !== slot) before = this.nextOf(before);
      this.#nextOfAor[before] = next + 1;
    } else if (next === NO_SLOT) this.#firstOfAor.delete(aor);
    else this.#firstOfAor.set(aor, next);
  }
}

/** The slot that one of our ruids names; `NO_SLOT` for text of another form. */
function slotInRuid(ruid: string): number {
  const digits = ruid.slice(ruid.lastIndexOf("-") + 1);
  return /^[0-9a-f]{1,7}$/.test(digits) ? Number.parseInt(digits, 16) : NO_SLOT;
}

const copyOrNull = (text: string | null): string | null => (text === null ? null : copyText(text));
const replaced = (old: string, next: string): string => (old === next ? old : copyText(next));
const replacedOrNull = (old: string | null, next: string | null): string | null =>
  old === next ? old : copyOrNull(next);

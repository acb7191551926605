/**
 * An engine that is an array of contacts: pages, looks up and counts how it was asked.
 *
 * @module
 */
import type { DumpPage, EnginePort } from "../../src/engine-port/port.ts";
import type { MetricSnapshot } from "../../src/instruments/snapshot.ts";
import type { ContactView } from "../../src/location/contact-view.ts";

/** A contact in the middle of its life; name what the test is about. */
export function aContactView(fields: Partial<ContactView> = {}): ContactView {
  return {
    ruid: "uloc-6b03e225-4623-1",
    aor: "alice@example.org",
    address: "sip:alice@192.0.2.7:5060",
    expiresInS: 3_000,
    qThousandths: -1,
    callId: "969f6c5bdb870137",
    cseq: 1,
    userAgent: "baresip v1.0.0 (x86_64/linux)",
    received: null,
    path: null,
    socket: "udp:198.51.100.1:5060",
    flow: "udp:192.0.2.7:5060",
    transport: "udp",
    methods: 4_294_967_295,
    instance: null,
    regId: 0,
    serverId: 0,
    connectionId: -1,
    isNated: false,
    lastModifiedWallMs: 1_800_000_000_000,
    state: "unknown",
    lastSentWallMs: null,
    lastAnsweredWallMs: null,
    roundTripMs: null,
    smoothedRoundTripMs: null,
    jitterMs: null,
    lossRatio: null,
    missesInARow: 0,
    ...fields,
  };
}

/** `count` contacts with an AoR of their own: `u0000000@example.org`, `u0000001@example.org`, … */
export function manyContactViews(count: number): ContactView[] {
  return Array.from({ length: count }, (_, i) => {
    const user = `u${String(i).padStart(7, "0")}`;
    return aContactView({ ruid: `uloc-1-${i}`, aor: `${user}@example.org`, address: `sip:${user}@192.0.2.7:5060` });
  });
}

/** Keeps contacts in the order given; those of one AoR must stand together. */
export class FakeEngine implements EnginePort {
  readonly listening = [];
  contacts: ContactView[];
  metrics: MetricSnapshot = { values: new Map(), histograms: new Map() };
  /** Why every call rejects; `null` while the engine runs. */
  goneBecause: Error | null = null;
  /** Called before a page is answered: the place to make the engine slow, or to stop it. */
  beforePage: (page: number) => Promise<void> | void = () => {};
  pagesAsked = 0;
  /** Pages asked for and not yet answered. */
  pagesOpen = 0;
  pagesOpenMax = 0;

  constructor(contacts: readonly ContactView[] = []) {
    this.contacts = [...contacts];
  }

  async snapshot(): Promise<MetricSnapshot> {
    this.#check();
    return this.metrics;
  }

  async dumpPage(cursor: number, limit: number): Promise<DumpPage> {
    this.pagesAsked += 1;
    this.pagesOpen += 1;
    this.pagesOpenMax = Math.max(this.pagesOpenMax, this.pagesOpen);
    try {
      await this.beforePage(this.pagesAsked);
      this.#check();
      return this.#page(cursor, limit);
    } finally {
      this.pagesOpen -= 1;
    }
  }

  async lookup(aor: string): Promise<readonly ContactView[]> {
    this.#check();
    const known = this.contacts.find(
      (contact) => contact.aor === aor || contact.aor.split("@")[0] === aor.split("@")[0],
    );
    return this.contacts.filter((contact) => contact.aor === known?.aor);
  }

  async contact(ruid: string): Promise<ContactView | null> {
    this.#check();
    return this.contacts.find((contact) => contact.ruid === ruid) ?? null;
  }

  async reload(): Promise<void> {
    this.#check();
  }

  async restore(): Promise<number> {
    this.#check();
    return 0;
  }

  async open(): Promise<[]> {
    this.#check();
    return [];
  }

  async stop(): Promise<void> {
    this.goneBecause = new Error("engine stopped");
  }

  #check(): void {
    if (this.goneBecause !== null) throw this.goneBecause;
  }

  /** At least `limit` contacts, extended to the end of the last AoR. */
  #page(cursor: number, limit: number): DumpPage {
    let end = Math.min(cursor + limit, this.contacts.length);
    while (end > 0 && end < this.contacts.length && this.contacts[end]?.aor === this.contacts[end - 1]?.aor) end += 1;
    return {
      contacts: structuredClone(this.contacts.slice(cursor, end)),
      nextCursor: end < this.contacts.length ? end : null,
      aors: this.contacts.length,
    };
  }
}

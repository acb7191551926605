/**
 * The engine: opens the sockets, keeps the ticks, and does what the main thread asks.
 *
 *      transport --messages--> core (endpoint, registrar, location, prober, counters)
 *      timer     --ticks-----> core
 *      commands  ------------> core        core --journal, log, series--> main thread
 *
 * Knows nothing of HTTP, SQL, prom-client or OpenTelemetry; runs in a worker thread in the daemon and in-process in
 * tests. It is handed its clock and its randomness.
 *
 * @module
 */
import type { Clock } from "./base/clock.ts";
import { type Log, printable } from "./base/log.ts";
import { type ListenAddress, TRANSPORTS, type TransportName } from "./base/net-names.ts";
import type { Random } from "./base/random.ts";
import { type Core, wireCore } from "./engine-core.ts";
import type { DumpPage, EngineSettings } from "./engine-port/port.ts";
import type { NewSeries, PublishedSnapshot } from "./instruments/exchange.ts";
import type { SpanBatch } from "./instruments/span-records.ts";
import type { BindingRow, ContactView, JournalEntry } from "./location/contact-view.ts";
import { Restorer } from "./location/restorer.ts";
import type { Flow, TransportEvents } from "./sip/transport/flow.ts";
import { kernelDrops } from "./sip/transport/kernel-drops.ts";
import { type OpenTransport, openSipTransport } from "./sip/transport/open.ts";
import { Outlet } from "./sip/transport/outlet.ts";

/** Longest rest between two ticks of an engine with nothing to do. */
const IDLE_TICK_MS = 10;
/** The journal is handed over this often, or when it holds this many entries. */
const JOURNAL_PERIOD_MS = 50;
const JOURNAL_ENTRIES_MAX = 1_000;
/** The kernel's count of lost datagrams is read this often. */
const DROPS_PERIOD_MS = 2_000;
/** Faults are logged this often at most, with their number. */
const FAULT_LOG_PERIOD_MS = 60_000;
/** Bindings removed by expiry in one tick: a mass expiry must not hold up the heartbeat. */
const EXPIRED_PER_TICK_MAX = 50;

/** What an engine is given. */
export interface EngineParts {
  readonly settings: EngineSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly sharedBuffer: SharedArrayBuffer;
  readonly onSeries: (series: NewSeries) => void;
  readonly onJournal: (entries: readonly JournalEntry[]) => void;
  readonly onSpans: (batch: SpanBatch) => void;
}

/** An engine that is wired; nothing is bound before `open`. */
export class Engine {
  readonly #parts: EngineParts;
  readonly #core: Core;
  readonly #outlet = new Outlet();
  readonly #restorer: Restorer;
  #settings: EngineSettings;
  #transport: OpenTransport | null = null;
  #cancelTick: () => void = () => undefined;
  #faults = 0;
  #faultLoggedMs = Number.NEGATIVE_INFINITY;
  #journalTakenMs = 0;
  #dropsReadMs = 0;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#settings = parts.settings;
    this.#core = wireCore({ ...parts, outlet: this.#outlet });
    const { location, counters } = this.#core;
    const domainNumber = (domain: string) => counters.domains.numberOf(domain);
    this.#restorer = new Restorer({ clock: parts.clock, location, domainNumber });
  }

  /** Takes stored bindings in, before `open`. Returns how many. */
  restore(rows: readonly BindingRow[]): number {
    return rows.filter((row) => this.#restorer.take(row)).length;
  }

  /**
   * Binds the sockets and starts the heartbeat.
   *
   * @throws {ListenError} when an address cannot be bound
   */
  async open(): Promise<readonly ListenAddress[]> {
    const { clock, log } = this.#parts;
    const transport = await openSipTransport({ listen: this.#settings.listen, clock, log, events: this.#events() });
    this.#transport = transport;
    this.#outlet.open(transport);
    this.#prepareSeries();
    this.#restorer.settle((name, transport) => this.#outlet.socketOf(name, transport));
    if (this.#restorer.taken > 0) log.info("bindings restored", { bindings: this.#restorer.taken });
    this.#tick();
    return transport.sockets;
  }

  async stop(): Promise<void> {
    this.#cancelTick();
    await this.#transport?.close();
    this.#handOverJournal();
  }

  snapshot(): PublishedSnapshot {
    const { counters, prober, location } = this.#core;
    const { instruments } = counters;
    TRANSPORTS.forEach((transport, index) => {
      instruments.set(instruments.cell("keepaliveInFlight", transport), prober.inFlight(index));
    });
    instruments.set(instruments.cell("registrarAors"), location.table.aors);
    return instruments.publish();
  }

  dumpPage(cursor: number, limit: number): DumpPage {
    // A page takes its time: what arrives meanwhile is not to be held against what arrived before.
    this.#transport?.tickStarted();
    return this.#core.queries.dumpPage(cursor, limit);
  }

  lookup(aor: string): readonly ContactView[] {
    return this.#core.queries.lookup(aor);
  }

  contact(ruid: string): ContactView | null {
    return this.#core.queries.contact(ruid);
  }

  /** Takes over the live settings; sockets, table size and `useDomain` stay as they are. */
  reload(settings: EngineSettings): void {
    const { listen, serverId, useDomain, maxContacts, isJournaled, domainsMax, spans } = this.#settings;
    this.#settings = { ...settings, listen, serverId, useDomain, maxContacts, isJournaled, domainsMax, spans };
    this.#core.counters.keepalive.setMethod(settings.keepalive.method);
    this.#core.registrar.reload(this.#settings);
    this.#core.prober.reload(settings.keepalive);
  }

  #events(): TransportEvents {
    const { counters, endpoint } = this.#core;
    return {
      onMessage: (octets, flow, arrival) => {
        try {
          endpoint.onMessage(octets, flow, arrival);
        } catch (error) {
          this.#noteFault(error);
        }
      },
      onDropped: (transport, reason) => counters.transport.dropped(transport, reason),
      onOpened: (flow) => counters.transport.connectionOpened(flow.transport),
      onClosed: (flow, reason) => {
        counters.transport.connectionClosed(flow.transport, reason);
        this.#loseConnection(flow);
      },
      onSendFailed: (flow, code) => this.#parts.log.debug("send failed", { transport: flow.transport, code }),
    };
  }

  /** A mistake of ours that a message brought to light: the message is lost, the phones of everybody else are not. */
  #noteFault(error: unknown): void {
    const { clock, log } = this.#parts;
    this.#faults += 1;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#faultLoggedMs < FAULT_LOG_PERIOD_MS) return;
    this.#faultLoggedMs = nowMs;
    log.error("message not handled", { faults: this.#faults, reason: printable(String(error)) });
  }

  #loseConnection(flow: Flow): void {
    const { streams, prober } = this.#core;
    for (const slot of streams.closed(flow.connectionId)) prober.flowLost(slot);
  }

  /** Counters of what is configured exist at 0 before their first event. */
  #prepareSeries(): void {
    const { counters } = this.#core;
    const transports = new Set(this.#outlet.sockets.map(({ transport }) => TRANSPORTS.indexOf(transport)));
    for (const transport of transports) counters.transport.prepare(TRANSPORTS[transport] as TransportName);
    // Number 0 is `other`: it comes into being when a domain has to be folded.
    for (let domain = 1; domain < counters.domains.count; domain++) {
      for (const transport of transports) {
        counters.keepalive.prepare(domain, transport);
        counters.registrar.prepare(domain, transport);
      }
    }
  }

  #tick(): void {
    const { clock } = this.#parts;
    const { prober, location, journal } = this.#core;
    this.#transport?.tickStarted();
    prober.tick();
    const nowMs = clock.monotonicMs();
    location.expireDue(nowMs, EXPIRED_PER_TICK_MAX);
    if (nowMs - this.#dropsReadMs >= DROPS_PERIOD_MS) void this.#readDrops(nowMs);
    if (journal.size >= JOURNAL_ENTRIES_MAX || nowMs - this.#journalTakenMs >= JOURNAL_PERIOD_MS)
      this.#handOverJournal();
    this.#cancelTick = clock.after(prober.restMs(IDLE_TICK_MS), () => this.#tick());
  }

  /** Asks the kernel what it threw away; the answer comes between two ticks. */
  async #readDrops(nowMs: number): Promise<void> {
    this.#dropsReadMs = nowMs;
    const udpPorts = this.#outlet.sockets.filter(({ transport }) => transport === "udp").map(({ port }) => port);
    if (udpPorts.length > 0) this.#core.counters.transport.kernelDropped(await kernelDrops(new Set(udpPorts)));
  }

  #handOverJournal(): void {
    this.#journalTakenMs = this.#parts.clock.monotonicMs();
    if (this.#core.journal.size > 0) this.#parts.onJournal(this.#core.journal.take());
    // Second: a binding whose span arrives is known to be unsaved by then.
    this.#core.spans?.handOver();
  }
}

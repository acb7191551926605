/**
 * The wiring diagram of the engine: who is told what by whom.
 *
 *      endpoint -> registrar -> Location -> prober, counters, streams, journal
 *      endpoint -> prober (responses)   prober -> counters
 *
 * @module
 */
import type { Clock } from "./base/clock.ts";
import type { Random } from "./base/random.ts";
import type { EngineSettings } from "./engine-port/port.ts";
import { Queries } from "./engine-port/queries.ts";
import { DomainLabels } from "./instruments/domain-labels.ts";
import type { NewSeries } from "./instruments/exchange.ts";
import { type Instruments, openInstruments } from "./instruments/instruments.ts";
import { KeepaliveCounters } from "./instruments/keepalive-counters.ts";
import { RegisterSpans } from "./instruments/register-spans.ts";
import { RegistrarCounters } from "./instruments/registrar-counters.ts";
import { type SpanBatch, SpanRecorder } from "./instruments/span-records.ts";
import { SpanSampler } from "./instruments/span-sampler.ts";
import { TransportCounters } from "./instruments/transport-counters.ts";
import { Heartbeats } from "./keepalive/heartbeats.ts";
import { Prober } from "./keepalive/prober.ts";
import { ContactTable } from "./location/contact-table.ts";
import { Journal } from "./location/journal.ts";
import { Location } from "./location/location.ts";
import { rowOf } from "./location/rows.ts";
import { Streams } from "./location/streams.ts";
import { Registrar } from "./registrar/registrar.ts";
import { SipEndpoint } from "./sip/endpoint.ts";
import { ServerTransactions } from "./sip/server-transactions.ts";
import type { Outlet } from "./sip/transport/outlet.ts";

/** What the core is made from. */
export interface CoreParts {
  readonly settings: EngineSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly outlet: Outlet;
  readonly sharedBuffer: SharedArrayBuffer;
  readonly onSeries: (series: NewSeries) => void;
  readonly onSpans: (batch: SpanBatch) => void;
}

/** Counters of every part, and the labels they share. */
export interface Counters {
  readonly instruments: Instruments;
  readonly domains: DomainLabels;
  readonly keepalive: KeepaliveCounters;
  readonly registrar: RegistrarCounters;
  readonly transport: TransportCounters;
}

/** The parts of an engine, connected. */
export interface Core {
  readonly counters: Counters;
  readonly location: Location;
  readonly streams: Streams;
  readonly journal: Journal;
  readonly prober: Prober;
  readonly registrar: Registrar;
  readonly endpoint: SipEndpoint;
  readonly queries: Queries;
  /** `null` when nothing is traced: nobody stands between the parts and their counters. */
  readonly spans: SpanRecorder | null;
}

/** Makes every part and connects them; opens nothing. */
export function wireCore(parts: CoreParts): Core {
  const { settings, clock, random, outlet } = parts;
  const table = new ContactTable({ capacity: settings.maxContacts, random, startWallMs: clock.wallMs() });
  const heartbeats = new Heartbeats(settings.maxContacts);
  const location = new Location({ table, clock });
  const counters = openCounters(parts, table, heartbeats);
  const socketName = (socket: number) => outlet.nameOf(socket);
  const streams = new Streams(table);
  const journal = new Journal({
    read: (slot) => ({ kind: "stored", row: rowOf(table, slot, clock, socketName) }),
    ruidOf: (slot) => table.text(slot).ruid,
  });
  const tracing = openTracing(parts, { counters, table, heartbeats, method: () => prober.method });
  const prober: Prober = new Prober({
    clock,
    random,
    location,
    heartbeats,
    observer: tracing?.probes ?? counters.keepalive,
    policy: settings.keepalive,
    sentBy: (socket) => outlet.sentBy(socket),
    send: (flow, octets) => {
      const isSent = outlet.send(flow, octets);
      if (isSent) counters.transport.messageSent(flow.transport, prober.method);
      return isSent;
    },
  });
  const registrar = new Registrar({
    clock,
    location,
    observer: tracing?.registers ?? counters.registrar,
    policy: settings,
    domainNumber: (domain) => counters.domains.numberOf(domain),
  });
  const endpoint = wireEndpoint(parts, { counters, prober, registrar }, tracing?.registers ?? null);
  for (const observer of [prober, counters.registrar, streams]) location.watch(observer);
  if (settings.isJournaled) location.watch(journal);
  // After the prober: the span of a probe that is withdrawn still has its link.
  if (tracing !== null) location.watch(tracing.registers);
  const queries = new Queries({ clock, table, heartbeats, socketName }, () => counters.domains.known);
  const spans = tracing?.probes ?? null;
  return { counters, location, streams, journal, prober, registrar, endpoint, queries, spans };
}

function openCounters(parts: CoreParts, table: ContactTable, heartbeats: Heartbeats): Counters {
  const { settings, clock, sharedBuffer, onSeries } = parts;
  const { domains: configured, domainsMax } = settings;
  const limits = { domain: Math.max(configured.length, domainsMax) };
  const instruments = openInstruments({ limits, clock, sharedBuffer, onSeries });
  const domains = new DomainLabels({ instruments, domains: configured, limit: domainsMax });
  return {
    instruments,
    domains,
    keepalive: new KeepaliveCounters({ instruments, table, domains, heartbeats, method: settings.keepalive.method }),
    registrar: new RegistrarCounters({ instruments, table, domains }),
    transport: new TransportCounters(instruments),
  };
}

/** The observers that make span records and hand everything on to the counters. */
interface Tracing {
  readonly probes: SpanRecorder;
  readonly registers: RegisterSpans;
}

function openTracing(
  { settings, clock, random, onSpans }: CoreParts,
  core: { counters: Counters; table: ContactTable; heartbeats: Heartbeats; method: () => string },
): Tracing | null {
  if (settings.spans === null) return null;
  const { counters, table, heartbeats, method } = core;
  const sampler = new SpanSampler({ random, policy: settings.spans });
  const { domains, keepalive } = counters;
  const shared = { clock, random, sampler, table, heartbeats, domains, method, onSpans };
  const probes = new SpanRecorder({ ...shared, counters: keepalive });
  const { useDomain } = settings;
  const nowMs = () => clock.monotonicMs();
  const registers = new RegisterSpans({
    sampler,
    table,
    useDomain,
    nowMs,
    recorder: probes,
    counters: counters.registrar,
  });
  return { probes, registers };
}

function wireEndpoint(
  parts: CoreParts,
  core: Pick<Core, "counters" | "prober" | "registrar">,
  spans: RegisterSpans | null,
): SipEndpoint {
  const { counters, prober, registrar } = core;
  const { clock, random, outlet } = parts;
  return new SipEndpoint({
    handlers: {
      register:
        spans === null
          ? (request, flow) => registrar.register(request, flow)
          : (request, flow) => spans.register(request, flow, () => registrar.register(request, flow)),
      onResponse: (octets, flow, arrival) => {
        counters.transport.messageReceived(flow.transport, prober.method);
        prober.onResponse(octets, flow, arrival);
      },
    },
    transactions: new ServerTransactions({ clock, random }),
    observer: counters.transport,
    random,
    send: (flow, octets) => outlet.send(flow, octets),
  });
}

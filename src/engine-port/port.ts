/**
 * The boundary between the two threads, seen from the main thread.
 *
 *      main (http, rpc, telemetry, storage) --EnginePort--> engine (sockets, table, probes)
 *                                           <--EngineEvents--
 *
 * Everything that crosses is a structured-clone-safe copy; nothing is shared but the snapshot buffer of the instruments.
 *
 * @module
 */
import type { LogFields, LogLevel } from "../base/log.ts";
import type { ListenAddress, TransportName } from "../base/net-names.ts";
import type { MetricSnapshot } from "../instruments/snapshot.ts";
import type { SpanBatch } from "../instruments/span-records.ts";
import type { SpanPolicy } from "../instruments/span-sampler.ts";
import type { KeepalivePolicy } from "../keepalive/policy.ts";
import type { BindingRow, ContactView, JournalEntry } from "../location/contact-view.ts";

/** The settings the engine needs, in the program's units. Those marked "live" can be changed by `reload`. */
export interface EngineSettings {
  readonly listen: readonly ListenAddress[];
  readonly serverId: number;
  /** Live. Empty = any domain. */
  readonly domains: readonly string[];
  readonly domainsMax: number;
  /** Live. */
  readonly minExpiresS: number;
  /** Live. */
  readonly maxExpiresS: number;
  /** Live. */
  readonly defaultExpiresS: number;
  /** Live. Contacts of one AoR. */
  readonly maxContactsPerAor: number;
  readonly useDomain: boolean;
  readonly natDetect: boolean;
  /** Live. */
  readonly path: "off" | "supported" | "required";
  /** Live. */
  readonly authMode: "loopback" | "none";
  /** Contacts in all: the size of the table. */
  readonly maxContacts: number;
  /** Whether `onJournal` is called. */
  readonly isJournaled: boolean;
  /** How much is traced; `null` = nothing, at no cost. */
  readonly spans: SpanPolicy | null;
  /** All of it is live. */
  readonly keepalive: KeepalivePolicy;
}

/** One page of the table; an AoR is never split over two pages. */
export interface DumpPage {
  readonly contacts: readonly ContactView[];
  /** Hand it back for the next page; `null` after the last one. */
  readonly nextCursor: number | null;
  /** AoRs in the table at this moment. */
  readonly aors: number;
}

/** What the main thread may ask of the engine. Every method rejects once the engine has stopped. */
export interface EnginePort {
  /** The bound addresses, ports filled in, in the order of `listen`. */
  readonly listening: readonly ListenAddress[];
  /** One consistent instant of every metric. */
  snapshot(): Promise<MetricSnapshot>;
  /** A page of whole AoRs from `cursor` (0 = from the start), about `limit` contacts (at least one AoR). */
  dumpPage(cursor: number, limit: number): Promise<DumpPage>;
  /** Contacts of one AoR, highest q first; empty when unknown. Accepts `user` and `user@domain`. */
  lookup(aor: string): Promise<readonly ContactView[]>;
  /** One contact by its ruid; `null` when there is none. */
  contact(ruid: string): Promise<ContactView | null>;
  /** Takes over everything marked "live"; the rest of `settings` is ignored. */
  reload(settings: EngineSettings): Promise<void>;
  /** Loads stored bindings; only before `open`. @returns how many were taken (expired ones are not) */
  restore(rows: readonly BindingRow[]): Promise<number>;
  /** Binds the sockets and starts probing. Rejects when an address cannot be bound. */
  open(): Promise<readonly ListenAddress[]>;
  /** Closes the sockets, hands over the rest of the journal, ends the thread. Safe to call twice. */
  stop(): Promise<void>;
}

/** What the engine tells without being asked, in batches and in order. */
export interface EngineEvents {
  onJournal(entries: readonly JournalEntry[]): void;
  onLog(level: LogLevel, event: string, fields: LogFields): void;
  /** Only when `EngineSettings.spans` is set. */
  onSpans(batch: SpanBatch): void;
  /** The engine thread died; nothing more will come. */
  onFailed(error: Error): void;
}

export type { TransportName };

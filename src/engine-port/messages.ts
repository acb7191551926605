/**
 * What crosses between the threads: commands with a number and their replies, and news that nobody asked for.
 *
 * @module
 */
import type { LogFields, LogLevel } from "../base/log.ts";
import type { ListenAddress } from "../base/net-names.ts";
import type { NewSeries, PublishedSnapshot } from "../instruments/exchange.ts";
import type { SpanBatch } from "../instruments/span-records.ts";
import type { BindingRow, ContactView, JournalEntry } from "../location/contact-view.ts";
import type { DumpPage, EngineSettings } from "./port.ts";

/** What the engine does for the main thread; the reply of each is what it returns. */
export interface EngineCommands {
  snapshot(): PublishedSnapshot;
  dumpPage(cursor: number, limit: number): DumpPage;
  lookup(aor: string): readonly ContactView[];
  contact(ruid: string): ContactView | null;
  reload(settings: EngineSettings): void;
  restore(rows: readonly BindingRow[]): number;
  open(): Promise<readonly ListenAddress[]>;
  stop(): Promise<void>;
}

export type CommandName = keyof EngineCommands;

/** Main thread to engine. */
export interface Command {
  readonly id: number;
  readonly name: CommandName;
  readonly args: readonly unknown[];
}

/** Engine to main thread. */
export type News =
  | { readonly kind: "reply"; readonly id: number; readonly value: unknown }
  | { readonly kind: "failed"; readonly id: number; readonly code: string; readonly message: string }
  | { readonly kind: "series"; readonly series: NewSeries }
  | { readonly kind: "journal"; readonly entries: readonly JournalEntry[] }
  | { readonly kind: "spans"; readonly batch: SpanBatch }
  | { readonly kind: "log"; readonly level: LogLevel; readonly event: string; readonly fields: LogFields };

/** Handed to the engine thread when it starts. */
export interface EngineStart {
  readonly settings: EngineSettings;
  readonly sharedBuffer: SharedArrayBuffer;
}

/**
 * The engine as the main thread sees it: method calls that become messages, and replies that become promises.
 *
 * @module
 */
import type { ListenAddress } from "../base/net-names.ts";
import { type MetricSnapshot, SnapshotReader } from "../instruments/snapshot.ts";
import type { BindingRow, ContactView } from "../location/contact-view.ts";
import type { Command, CommandName, EngineCommands, News } from "./messages.ts";
import type { DumpPage, EngineEvents, EnginePort, EngineSettings } from "./port.ts";

/** The other end: a worker thread, or a fake. */
export interface Wire {
  post(command: Command): void;
  onNews(listener: (news: News) => void): void;
  /** The other end is gone; called once. */
  onGone(listener: (error: Error) => void): void;
  /** Ends the other end; resolves when it is gone. */
  close(): Promise<void>;
}

/** The engine could not do what was asked, or is no longer there. */
export class EngineError extends Error {
  override readonly name = "EngineError";
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

/** Snapshots overwritten while they were read are asked for again, this often. */
const SNAPSHOT_TRIES = 5;

/** Keeps the questions under way, and fails them all when the other end is gone. */
export class EngineClient implements EnginePort {
  readonly #wire: Wire;
  readonly #reader: SnapshotReader;
  readonly #events: EngineEvents;
  /** Bounded by the callers: each has at most a few questions under way. */
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #listening: readonly ListenAddress[] = [];
  #gone: EngineError | null = null;
  #snapshotUnderWay: Promise<MetricSnapshot> | null = null;
  #stopped: Promise<void> | null = null;

  constructor(options: { wire: Wire; sharedBuffer: SharedArrayBuffer; events: EngineEvents }) {
    this.#wire = options.wire;
    this.#events = options.events;
    this.#reader = new SnapshotReader(options.sharedBuffer);
    this.#wire.onNews((news) => this.#onNews(news));
    this.#wire.onGone((error) => this.#onGone(error));
  }

  get listening(): readonly ListenAddress[] {
    return this.#listening;
  }

  /** Scrapes that overlap share one snapshot: the shared buffer holds one at a time. */
  snapshot(): Promise<MetricSnapshot> {
    this.#snapshotUnderWay ??= this.#readSnapshot().finally(() => {
      this.#snapshotUnderWay = null;
    });
    return this.#snapshotUnderWay;
  }

  dumpPage(cursor: number, limit: number): Promise<DumpPage> {
    return this.#ask("dumpPage", cursor, limit);
  }

  lookup(aor: string): Promise<readonly ContactView[]> {
    return this.#ask("lookup", aor);
  }

  contact(ruid: string): Promise<ContactView | null> {
    return this.#ask("contact", ruid);
  }

  reload(settings: EngineSettings): Promise<void> {
    return this.#ask("reload", settings);
  }

  restore(rows: readonly BindingRow[]): Promise<number> {
    return this.#ask("restore", rows);
  }

  async open(): Promise<readonly ListenAddress[]> {
    this.#listening = await this.#ask("open");
    return this.#listening;
  }

  /** Safe to call twice, and when the engine is gone already. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    if (this.#gone !== null) return;
    try {
      await this.#ask("stop");
    } finally {
      this.#end(new EngineError("ENGINE_STOPPED", "the engine has stopped"));
      await this.#wire.close();
    }
  }

  async #readSnapshot(): Promise<MetricSnapshot> {
    for (let i = 0; i < SNAPSHOT_TRIES; i++) {
      const snapshot = this.#reader.read(await this.#ask("snapshot"));
      if (snapshot !== null) return snapshot;
    }
    throw new EngineError("ENGINE_SNAPSHOT", `the snapshot was overwritten ${SNAPSHOT_TRIES} times`);
  }

  #ask<Name extends CommandName>(
    name: Name,
    ...args: Parameters<EngineCommands[Name]>
  ): Promise<Awaited<ReturnType<EngineCommands[Name]>>> {
    if (this.#gone !== null) return Promise.reject(this.#gone);
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#waiting.set(id, { resolve, reject });
      this.#wire.post({ id, name, args });
    });
  }

  #onNews(news: News): void {
    switch (news.kind) {
      case "reply":
        this.#take(news.id)?.resolve(news.value as never);
        break;
      case "failed":
        this.#take(news.id)?.reject(new EngineError(news.code, news.message));
        break;
      case "series":
        this.#reader.add(news.series);
        break;
      case "journal":
        this.#events.onJournal(news.entries);
        break;
      case "spans":
        this.#events.onSpans(news.batch);
        break;
      case "log":
        this.#events.onLog(news.level, news.event, news.fields);
        break;
      default:
        news satisfies never;
    }
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #onGone(error: Error): void {
    if (this.#gone !== null) return;
    this.#end(new EngineError("ENGINE_GONE", error.message));
    this.#events.onFailed(error);
  }

  /** From now on, nothing is answered any more. */
  #end(reason: EngineError): void {
    this.#gone ??= reason;
    for (const { reject } of this.#waiting.values()) reject(this.#gone);
    this.#waiting.clear();
  }
}

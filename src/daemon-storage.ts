/**
 * Storage as the daemon uses it: a store with a write-back queue in front, or nothing at all.
 *
 * @module
 */
import type { Clock } from "./base/clock.ts";
import type { Log } from "./base/log.ts";
import type { Config } from "./config/schema.ts";
import type { EnginePort } from "./engine-port/port.ts";
import type { JournalEntry } from "./location/contact-view.ts";
import { openSqliteStore } from "./storage/sqlite.ts";
import type { StoreObserver } from "./storage/store.ts";
import { openWriteBack, type Persistence } from "./storage/write-back.ts";

/** Bindings read from the store at a time. */
const LOAD_PAGE = 1_000;

/** Where bindings outlive the engine. */
export interface Storage extends AsyncDisposable {
  accept(entries: readonly JournalEntry[]): void;
  persistence(ruid: string): Persistence;
  /** Hands every stored binding to the engine; before it opens its sockets. */
  restoreInto(engine: EnginePort): Promise<void>;
}

/** What storage is opened with. */
export interface StorageParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly observer: StoreObserver;
}

/** @throws {StoreError} the store cannot be used; it is as it was */
export async function openStorage(config: Config, parts: StorageParts): Promise<Storage> {
  if (config.locationMode === "memory") return NOTHING_STORED;
  const { clock, log, observer } = parts;
  const store = await openSqliteStore({
    path: config.locationUrl.path,
    clock,
    observer,
    onUnreadable: (ruid, reason) => log.warn("stored binding left out", { ruid, reason }),
  });
  const writeBack = openWriteBack({ store, clock, flushIntervalMs: config.locationFlushIntervalMs, observer, log });
  return {
    accept: (entries) => writeBack.accept(entries),
    persistence: (ruid) => writeBack.persistence(ruid),
    async restoreInto(engine) {
      for await (const rows of store.load(LOAD_PAGE)) {
        writeBack.remember(rows);
        await engine.restore(rows);
      }
    },
    async [Symbol.asyncDispose]() {
      await writeBack.close().finally(() => store.close());
    },
  };
}

const NOTHING_STORED: Storage = {
  accept: () => undefined,
  persistence: () => "new",
  restoreInto: async () => undefined,
  [Symbol.asyncDispose]: async () => undefined,
};

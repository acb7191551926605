/**
 * The store in the words of SQL, for any database that Kysely speaks to.
 *
 * Statements are compiled once and filled row by row: compiling one for every batch costs more than running it.
 *
 * @module
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { type CompiledQuery, type Kysely, sql } from "kysely";
import type { Clock } from "../base/clock.ts";
import type { BindingRow, JournalEntry } from "../location/contact-view.ts";
import { fromJoined, type JoinedRow, type NewLocation, toBinding, toLocation } from "./binding-rows.ts";
import type { BindingTable, StoreTables } from "./location-tables.ts";
import { type Store, type StoreBackend, StoreError, type StoreObserver, type UnreadableReason } from "./store.ts";
import { fromStoredText, type StoredText, toStoredText } from "./wire-text.ts";

/** What a store is made of. */
export interface StoreParts {
  readonly db: Kysely<StoreTables>;
  readonly backend: StoreBackend;
  readonly clock: Clock;
  readonly observer: StoreObserver;
  /** Told about every row that a load had to leave out. */
  readonly onUnreadable: (ruid: string, reason: UnreadableReason) => void;
  /** The driver's error as ours. */
  readonly errorOf: (error: unknown) => StoreError;
  /** Runs once, after the database was closed. */
  readonly afterClose: () => void;
}

/** Below any id. */
const BEFORE_FIRST_ID = Number.MIN_SAFE_INTEGER;

/** Bindings in the tables of `location-tables.ts`; Kysely queues what is asked at the same time. */
export class KyselyStore implements Store {
  readonly backend: StoreBackend;
  readonly #parts: StoreParts;
  readonly #statements: Statements;
  #isClosed = false;

  constructor(parts: StoreParts) {
    this.backend = parts.backend;
    this.#parts = parts;
    this.#statements = compileStatements(parts.db);
  }

  async *load(pageSize: number): AsyncGenerator<readonly BindingRow[], void, undefined> {
    const { clock, observer } = this.#parts;
    let lastId = BEFORE_FIRST_ID;
    let rows = 0;
    let busyMs = 0;
    for (let isLast = false; !isLast; ) {
      const startedMs = clock.monotonicMs();
      const page = await this.#guarded("load", () => this.#page(lastId, pageSize));
      lastId = page.lastId;
      isLast = page.found < pageSize;
      if (isLast) await this.#guarded("load", () => this.#removeOrphans());
      rows += page.bindings.length;
      busyMs += clock.monotonicMs() - startedMs;
      if (page.bindings.length > 0) yield page.bindings;
      await nextTurn();
    }
    observer.operationDone(this.backend, "load", busyMs, rows);
  }

  async apply(batch: readonly JournalEntry[]): Promise<void> {
    if (this.#isClosed) throw new StoreError("STORE_CLOSED", "The location store was closed before");
    const lastOfRuid = new Map<string, JournalEntry>();
    for (const entry of batch) lastOfRuid.set(entry.kind === "stored" ? entry.row.ruid : entry.ruid, entry);
    const { upsertLocation, upsertBinding, deleteLocation, deleteBinding } = this.#statements;
    try {
      await this.#parts.db.transaction().execute(async (transaction) => {
        const run = (query: CompiledQuery, parameters: readonly unknown[]) =>
          transaction.executeQuery({ ...query, parameters });
        for (const [ruid, entry] of lastOfRuid) {
          if (entry.kind === "stored") {
            await run(upsertLocation, Object.values(toLocation(entry.row)));
            await run(upsertBinding, Object.values(toBinding(entry.row)));
          } else {
            await run(deleteLocation, [toStoredText(ruid)]);
            await run(deleteBinding, [toStoredText(ruid)]);
          }
        }
      });
    } catch (error) {
      throw this.#parts.errorOf(error);
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#parts.db.destroy();
    this.#parts.afterClose();
  }

  /** Reads a page, sorts out the rows nobody can use, and removes those that have expired. */
  async #page(afterId: number, pageSize: number) {
    const { clock, db, onUnreadable } = this.#parts;
    const { rows } = await db.executeQuery<JoinedRow>({
      ...this.#statements.selectPage,
      parameters: [afterId, pageSize],
    });
    const nowMs = clock.wallMs();
    const bindings: BindingRow[] = [];
    const expired: StoredText[] = [];
    for (const row of rows) {
      const binding = fromJoined(row);
      if (typeof binding === "string") onUnreadable(fromStoredText(row.ruid) ?? "", binding);
      else if (binding.expiresAtWallMs <= nowMs) expired.push(row.ruid as StoredText);
      else bindings.push(binding);
    }
    await this.#remove(expired);
    return { bindings, found: rows.length, lastId: rows.at(-1)?.id ?? afterId };
  }

  async #remove(ruids: readonly StoredText[]): Promise<void> {
    if (ruids.length === 0) return;
    await this.#parts.db.transaction().execute(async (transaction) => {
      for (const ruid of ruids) {
        await transaction.executeQuery({ ...this.#statements.deleteLocation, parameters: [ruid] });
        await transaction.executeQuery({ ...this.#statements.deleteBinding, parameters: [ruid] });
      }
    });
  }

  /** Drops what we noted about rows that another program has deleted. */
  async #removeOrphans(): Promise<void> {
    const { db } = this.#parts;
    await sql`DELETE FROM sipulse_binding WHERE NOT EXISTS (SELECT 1 FROM location WHERE location.ruid = sipulse_binding.ruid)`.execute(
      db,
    );
  }

  async #guarded<T>(operation: "load", work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const failure = this.#parts.errorOf(error);
      this.#parts.observer.operationFailed(this.backend, operation, failure.code);
      throw failure;
    }
  }
}

interface Statements {
  readonly upsertLocation: CompiledQuery;
  readonly upsertBinding: CompiledQuery;
  readonly deleteLocation: CompiledQuery;
  readonly deleteBinding: CompiledQuery;
  /** Parameters: the id before the page, the size of the page. */
  readonly selectPage: CompiledQuery<JoinedRow>;
}

/** Only the shape of this row matters: its keys, in order, are the parameters. */
const SHAPE: BindingRow = {
  ...{ ruid: "", aor: "", address: "", received: null, path: null, expiresAtWallMs: 0, qThousandths: 0, callId: "" },
  ...{ cseq: 0, lastModifiedWallMs: 0, isNated: false, userAgent: null, socket: "", flow: "", methods: 0 },
  ...{ instance: null, regId: 0, serverId: 0, connectionId: 0 },
};

function compileStatements(db: Kysely<StoreTables>): Statements {
  const location: NewLocation = toLocation(SHAPE);
  const binding: BindingTable = toBinding(SHAPE);
  const names = Object.keys(location) as (keyof NewLocation)[];
  return {
    upsertLocation: db
      .insertInto("location")
      .values(location)
      .onConflict((conflict) =>
        conflict
          .column("ruid")
          .doUpdateSet((eb) => Object.fromEntries(names.map((name) => [name, eb.ref(`excluded.${name}`)]))),
      )
      .compile(),
    upsertBinding: db
      .insertInto("sipulse_binding")
      .values(binding)
      .onConflict((conflict) =>
        conflict.column("ruid").doUpdateSet((eb) => ({
          flow: eb.ref("excluded.flow"),
          last_modified_ms: eb.ref("excluded.last_modified_ms"),
          expires_ms: eb.ref("excluded.expires_ms"),
        })),
      )
      .compile(),
    deleteLocation: db.deleteFrom("location").where("ruid", "=", "").compile(),
    deleteBinding: db.deleteFrom("sipulse_binding").where("ruid", "=", "").compile(),
    selectPage: db
      .selectFrom("location")
      .leftJoin("sipulse_binding", "sipulse_binding.ruid", "location.ruid")
      .select("location.id")
      .select(names.map((name) => `location.${name}` as const))
      .select(["sipulse_binding.flow", "sipulse_binding.expires_ms", "sipulse_binding.last_modified_ms"])
      .where("location.id", ">", BEFORE_FIRST_ID)
      .orderBy("location.id")
      .limit(1)
      .compile() as unknown as CompiledQuery<JoinedRow>,
  };
}

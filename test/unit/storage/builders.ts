/**
 * Bindings, temporary files and stores for the tests of the storage.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LogFields } from "../../../src/base/log.ts";
import type { BindingRow, JournalEntry } from "../../../src/location/contact-view.ts";
import { openSqliteStore } from "../../../src/storage/sqlite.ts";
import type { Store, StoreObserver } from "../../../src/storage/store.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

/** The wall clock of `ManualClock`. */
export const NOW_MS = 1_800_000_000_000;

export function aBinding(fields: Partial<BindingRow> = {}): BindingRow {
  return {
    ruid: "uloc-1",
    aor: "alice@example.org",
    address: "sip:alice@10.0.0.7:5060",
    received: "sip:192.0.2.7:40000;transport=udp",
    path: null,
    expiresAtWallMs: NOW_MS + 3_600_123,
    qThousandths: -1,
    callId: "call-1@10.0.0.7",
    cseq: 4_711,
    lastModifiedWallMs: NOW_MS - 456,
    isNated: true,
    userAgent: "Phone/1.0",
    socket: "udp:198.51.100.1:5060",
    flow: "udp:192.0.2.7:40000",
    methods: 0xffff_ffff,
    instance: null,
    regId: 0,
    serverId: 0,
    connectionId: -1,
    ...fields,
  };
}

export const stored = (fields: Partial<BindingRow> = {}): JournalEntry => ({ kind: "stored", row: aBinding(fields) });
export const removed = (ruid: string): JournalEntry => ({ kind: "removed", ruid });

/** A directory that is gone at the end of the block. */
export function aDirectory(): Disposable & { readonly path: string; file(name?: string): string } {
  const path = mkdtempSync(join(tmpdir(), "sipulse-storage-"));
  return {
    path,
    file: (name = "sipulse.db") => join(path, name),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** Every file below a directory: its content as a hash, when it was written, its mode. */
export function fingerprint(directory: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const { mtimeMs, mode } = statSync(path);
    const hash = entry.isFile() ? createHash("sha256").update(readFileSync(path)).digest("hex") : "directory";
    found[path] = `${hash} ${mtimeMs} ${mode.toString(8)}`;
  }
  return found;
}

/** Writes down what a store or a queue tells, one line each. */
export class Recorder implements StoreObserver {
  readonly lines: string[] = [];
  readonly log = {
    debug: (event: string, fields?: LogFields) => this.#logged("debug", event, fields),
    info: (event: string, fields?: LogFields) => this.#logged("info", event, fields),
    warn: (event: string, fields?: LogFields) => this.#logged("warn", event, fields),
    error: (event: string, fields?: LogFields) => this.#logged("error", event, fields),
  };

  operationDone(backend: string, operation: string, _durationMs: number, rows: number): void {
    this.lines.push(`${backend} ${operation} ${rows}`);
  }

  operationFailed(backend: string, operation: string, code: string): void {
    this.lines.push(`${backend} ${operation} failed ${code}`);
  }

  #logged(level: string, event: string, fields: LogFields = {}): void {
    this.lines.push(`${level} ${event} ${fields["code"] ?? fields["rows"] ?? fields["failures"] ?? fields["waiting"]}`);
  }
}

/** A store on a file, and everything it told. */
export async function openStoreAt(path: string) {
  const clock = new ManualClock({ wallMs: NOW_MS });
  const recorder = new Recorder();
  const unreadable: string[] = [];
  const store = await openSqliteStore({
    ...{ path, clock, observer: recorder },
    onUnreadable: (ruid, reason) => unreadable.push(`${ruid}: ${reason}`),
  });
  return { store, clock, recorder, unreadable, [Symbol.asyncDispose]: () => store.close() };
}

/** All pages of a store in one list. */
export async function loadAll(store: Store, pageSize = 100): Promise<BindingRow[]> {
  const pages = await Array.fromAsync(store.load(pageSize));
  return pages.flat();
}

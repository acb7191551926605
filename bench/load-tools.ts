/**
 * The programs of the peer bench, in a temporary copy: simulated phones, bench.py, and Kamailio under kamailio_bench.py.
 *
 * Kamailio leaves the process group of whoever starts it, so it is ended by the id that `kstart.sh` writes down.
 *
 * @module
 */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../src/base/clock.ts";
import { type Child, runChild, startChild } from "./child.ts";

/** Longest single measurement: 50,000 contacts at 30 s, or Kamailio's dump of 100,000. */
const LIMIT_MS = 600_000;
/** kamailio_bench.py stops its server before it ends; this is for the one that was killed. */
const STOP_LIMIT_MS = 15_000;

/** Arguments as programs get them. */
export type Arguments = readonly (string | number)[];

/** Where things were found. */
export interface LoadToolsParts {
  /** The copy; programs run in it, and it is removed at the end. */
  readonly folder: string;
  /** Value of PATH for the programs. */
  readonly path: string;
  /** e.g. `kamailio 5.6.3`; `null` when it is not on this machine. */
  readonly kamailio: string | null;
  /** Whether Kamailio can get a network namespace of its own: its ports are fixed. */
  readonly isIsolated: boolean;
  readonly clock: Clock;
  /** Aborted when the user wants to stop. */
  readonly stopping: AbortSignal;
}

/** Runs programs of the copy; disposing removes it. */
export class LoadTools implements AsyncDisposable {
  readonly folder: string;
  readonly kamailio: string | null;
  readonly #parts: LoadToolsParts;

  constructor(parts: LoadToolsParts) {
    this.folder = parts.folder;
    this.kamailio = parts.kamailio;
    this.#parts = parts;
    process.once("exit", this.#removeAtOnce);
  }

  /** What `bench.py` printed, one object per line. @throws {ChildError} */
  bench<T>(...args: Arguments): Promise<readonly T[]> {
    return this.#jsonLines<T>("python3", ["-B", "bench.py", ...args], LIMIT_MS);
  }

  /** What `kamailio_bench.py` printed: it starts a fresh Kamailio for each measurement. @throws {ChildError} */
  async kamailioBench<T>(...args: Arguments): Promise<readonly T[]> {
    const python = ["python3", "-B", "kamailio_bench.py", ...args];
    try {
      if (this.#parts.isIsolated) return await this.#jsonLines<T>("./isolate", python, LIMIT_MS);
      return await this.#jsonLines<T>("python3", python.slice(1), LIMIT_MS);
    } finally {
      if (this.#kamailioPid() !== null) await this.#stopKamailio();
    }
  }

  /** Lets phones register and leave, or whatever the options say. @throws {ChildError} */
  phones<T>(...args: Arguments): Promise<readonly T[]> {
    return this.#jsonLines<T>("./uasim", ["-q", ...args], LIMIT_MS);
  }

  /** Phones that stay until they are ended. @throws {ChildError} */
  phonesThatStay(...args: Arguments): Promise<Child> {
    const { clock, folder } = this.#parts;
    return startChild("./uasim", ["-q", ...args.map(String)], { clock, cwd: folder });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off("exit", this.#removeAtOnce);
    if (this.#kamailioPid() !== null) await this.#stopKamailio();
    this.#removeAtOnce();
  }

  async #jsonLines<T>(command: string, args: Arguments, limitMs: number): Promise<readonly T[]> {
    const { clock, stopping, folder, path } = this.#parts;
    const env = { PATH: path };
    const lines = await runChild(command, args.map(String), { clock, stopping, cwd: folder, env, limitMs });
    return lines.map((line) => JSON.parse(line) as T);
  }

  /** Also while stopping, when nothing else may be started any more. */
  async #stopKamailio(): Promise<void> {
    const { clock, folder, path } = this.#parts;
    const stopping = new AbortController().signal;
    await runChild("./kstop.sh", [], { clock, stopping, cwd: folder, env: { PATH: path }, limitMs: STOP_LIMIT_MS });
  }

  /** Main process of a Kamailio that runs, or did not stop by itself; `null` when none was left. */
  #kamailioPid(): number | null {
    try {
      return Number(readFileSync(join(this.folder, "run/main.pid"), "utf8"));
    } catch {
      return null;
    }
  }

  /** Synchronous, for a process that is told to end a second time. */
  readonly #removeAtOnce = (): void => {
    const pid = this.#kamailioPid();
    try {
      if (pid !== null) process.kill(-pid, "SIGKILL");
    } catch {
      // ESRCH: it has ended by itself.
    }
    rmSync(this.folder, { recursive: true, force: true });
  };
}

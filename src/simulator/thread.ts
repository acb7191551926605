/**
 * A population in a thread of its own, as the main thread sees it.
 *
 * @module
 */
import { Worker } from "node:worker_threads";
import { type Clock, systemClock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { PopulationSettings } from "./settings.ts";
import type { PopulationStats } from "./tally.ts";
import type { PhoneTruth } from "./truth.ts";
import type { FromWorker, ToWorker } from "./worker.ts";

/** Settings, and who is told what the thread says unasked. */
export interface SimulatorThreadOptions extends PopulationSettings {
  readonly log?: Log;
  /** The thread died by itself; nothing more will come. */
  readonly onFailed?: (error: Error) => void;
  readonly clock?: Clock;
}

/** Phones that are running in another thread. */
export interface SimulatorThread extends AsyncDisposable {
  /** Resolves once every phone was registered or failed once, or when the thread has ended. */
  readonly settled: Promise<void>;
  /** Rejects once the thread has ended. */
  stats(): Promise<PopulationStats>;
  /** Rejects once the thread has ended. */
  truth(): Promise<readonly PhoneTruth[]>;
  /** Ends every phone and then the thread. Safe to call twice. */
  close(): Promise<void>;
}

/**
 * Resolves when the sockets are bound and the phones start to register.
 *
 * @throws what `openPopulation` throws
 */
export async function openSimulatorThread(options: SimulatorThreadOptions): Promise<SimulatorThread> {
  const { log, onFailed, clock, ...settings } = options;
  // The compiler rewrites imports, not this name: run from source it is .ts, compiled it is .js.
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const worker = new Worker(new URL(`./worker.${extension}`, import.meta.url), { workerData: settings });
  const thread = new WorkerPopulation(worker, {
    clock: clock ?? systemClock,
    log: log ?? null,
    onFailed: onFailed ?? (() => {}),
  });
  await thread.opened;
  return thread;
}

/** An orderly end takes less than five seconds, whatever the registrar does; a thread that needs more is ended. */
const CLOSE_MS_MAX = 10_000;
/** Questions that may wait for the thread; more only if it hangs. */
const QUESTIONS_MAX = 100;

interface ThreadParts {
  readonly clock: Clock;
  readonly log: Log | null;
  readonly onFailed: (error: Error) => void;
}

/** A question on its way; answers of one kind come in the order of the questions. */
interface Question {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

class WorkerPopulation implements SimulatorThread {
  readonly opened: Promise<void>;
  readonly settled: Promise<void>;
  readonly #worker: Worker;
  readonly #parts: ThreadParts;
  readonly #ended: Promise<void>;
  readonly #open = Promise.withResolvers<void>();
  readonly #settle = Promise.withResolvers<void>();
  #questions: Question[] = [];
  #hasEnded = false;
  #isClosing = false;

  constructor(worker: Worker, parts: ThreadParts) {
    this.#worker = worker;
    this.#parts = parts;
    this.opened = this.#open.promise;
    this.settled = this.#settle.promise;
    this.#ended = new Promise((resolve) => worker.once("exit", () => resolve()));
    let failure: Error | null = null;
    worker.on("message", (message: FromWorker) => this.#onMessage(message));
    worker.once("error", (error) => {
      failure = error instanceof Error ? error : new Error(String(error));
    });
    worker.once("exit", () => this.#onExit(failure));
  }

  stats(): Promise<PopulationStats> {
    return this.#ask("stats");
  }

  truth(): Promise<readonly PhoneTruth[]> {
    return this.#ask("truth");
  }

  async close(): Promise<void> {
    if (!this.#isClosing) this.#post({ kind: "stop" });
    this.#isClosing = true;
    const cancelEnd = this.#parts.clock.after(CLOSE_MS_MAX, () => void this.#worker.terminate());
    await this.#ended;
    cancelEnd();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #ask<Answer>(kind: "stats" | "truth"): Promise<Answer> {
    if (this.#hasEnded || this.#isClosing) return Promise.reject(new Error("The simulator has ended"));
    if (this.#questions.length >= QUESTIONS_MAX)
      return Promise.reject(new Error("The simulator is too busy to answer"));
    return new Promise((resolve, reject) => {
      this.#questions.push({ resolve, reject });
      this.#post({ kind });
    });
  }

  #post(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #onMessage(message: FromWorker): void {
    switch (message.kind) {
      case "opened":
        this.#open.resolve();
        break;
      case "refused":
        this.#isClosing = true; // The thread ends by itself, and the caller is told here.
        this.#open.reject(message.error);
        break;
      case "settled":
        this.#settle.resolve();
        break;
      case "stats":
        this.#questions.shift()?.resolve(message.stats as never);
        break;
      case "truth":
        this.#questions.shift()?.resolve(message.truth as never);
        break;
      case "log":
        this.#parts.log?.[message.level](message.event, message.fields);
        break;
      default:
        message satisfies never;
    }
  }

  #onExit(failure: Error | null): void {
    this.#hasEnded = true;
    const error = failure ?? new Error("The simulator has ended");
    this.#open.reject(error);
    this.#settle.resolve();
    for (const question of this.#questions) question.reject(error);
    this.#questions = [];
    if (!this.#isClosing) this.#parts.onFailed(error);
  }
}

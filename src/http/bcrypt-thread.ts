/**
 * bcrypt in a thread of its own, one comparison after the other: scrapes and storage never wait for a login.
 *
 * The thread starts with the first comparison and does not keep the process alive.
 *
 * @module
 */
import { Worker } from "node:worker_threads";
import type { PasswordComparer } from "./basic-auth.ts";
import type { Answer, Question } from "./bcrypt-worker.ts";

/** Passwords and hashes go in, verdicts come out. */
export interface BcryptThread extends PasswordComparer, AsyncDisposable {}

/** The compiler rewrites imports, not this name: run from source it is .ts, compiled it is .js. */
const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";

/** Nothing runs until something is compared. */
export function openBcryptThread(): BcryptThread {
  const waiting = new Map<number, PromiseWithResolvers<boolean>>();
  let worker: Worker | null = null;
  let nextId = 0;

  function start(): Worker {
    const started = new Worker(new URL(`./bcrypt-worker.${extension}`, import.meta.url), { name: "bcrypt" });
    started.on("message", ({ id, isMatch }: Answer) => {
      waiting.get(id)?.resolve(isMatch);
      waiting.delete(id);
    });
    started.on("error", (error) => fail(started, error));
    started.on("exit", () => fail(started, new Error("the bcrypt thread ended")));
    started.unref();
    return started;
  }

  /** The next comparison starts another thread. */
  function fail(failed: Worker, error: unknown): void {
    if (worker !== failed) return;
    worker = null;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  }

  return {
    matches(password, hash) {
      worker ??= start();
      const question: Question = { id: nextId++, password, hash };
      const verdict = Promise.withResolvers<boolean>();
      waiting.set(question.id, verdict);
      worker.postMessage(question);
      return verdict.promise;
    },
    async [Symbol.asyncDispose]() {
      await worker?.terminate();
    },
  };
}

/**
 * The thread that compares passwords: one comparison takes tens of milliseconds on purpose.
 *
 * @module
 */
import { parentPort } from "node:worker_threads";
import { compareSync } from "bcryptjs";

/** A comparison to make. */
export interface Question {
  readonly id: number;
  readonly password: string;
  readonly hash: string;
}

/** What came of it. */
export interface Answer {
  readonly id: number;
  readonly isMatch: boolean;
}

parentPort?.on("message", ({ id, password, hash }: Question) => {
  const answer: Answer = { id, isMatch: compareSync(password, hash) };
  parentPort?.postMessage(answer);
});

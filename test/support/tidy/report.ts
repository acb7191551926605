/**
 * Problems as the lines a failed test prints.
 *
 * @module
 */
import { expect } from "vitest";
import type { Problem } from "./source.ts";

/** `src/daemon.ts: line 38: setInterval (take a Clock, see base/clock.ts)` */
export function problemLine({ path, line, advice }: Problem, folder = "src/"): string {
  return `${folder}${path}: line ${line}: ${advice}`;
}

/** Fails with one line per problem. */
export function expectNone(problems: readonly Problem[], folder = "src/"): void {
  expect(problems.map((problem) => problemLine(problem, folder))).toEqual([]);
}

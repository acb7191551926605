/**
 * Child processes of the benchmark: each in a process group of its own, ended with its group, none left behind.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Clock } from "../src/base/clock.ts";

/** Newest lines of each stream that are kept. */
const LINES_MAX = 1_000;
/** How long a child may take to end after it was told to; a benchmark in Python first stops its server. */
const END_GRACE_MS = 20_000;
/** How much of a command line an error quotes. */
const NAME_CHARACTERS_MAX = 200;
/** How much of what a child said last an error quotes. */
const ERROR_LINES = 4;

/** How to start a child. */
export interface ChildOptions {
  readonly clock: Clock;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Told about every line of standard output. */
  readonly onLine?: (line: string) => void;
}

/** A child that runs; disposing ends it. */
export interface Child extends AsyncDisposable {
  readonly pid: number;
  /** Newest lines of standard output, and of standard error. */
  readonly lines: readonly string[];
  readonly errorLines: readonly string[];
  /** Resolves with the exit code when it has ended and its output was read; `null` = ended by a signal. */
  readonly ended: Promise<number | null>;
  /** Signals the group, waits, and kills what is left. Safe to call when it has ended. */
  end(signal: "SIGTERM" | "SIGINT"): Promise<void>;
}

/** A child that ended badly, with the last thing it said. */
export class ChildError extends Error {
  override readonly name = "ChildError";
  readonly code = "CHILD_FAILED";
}

/** Process groups that must not outlive this process, and whether somebody watches over them. */
const groups = new Set<number>();
let isGuarded = false;

function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // ESRCH: the whole group has ended by itself.
  }
}

function guardExit(): void {
  if (isGuarded) return;
  isGuarded = true;
  process.once("exit", () => {
    for (const pid of groups) killGroup(pid, "SIGKILL");
  });
}

/** Starts `command`. @throws {ChildError} when it cannot be started */
export async function startChild(command: string, args: readonly string[], options: ChildOptions): Promise<Child> {
  guardExit();
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (cause) => reject(new ChildError(`cannot start ${command}: ${cause.message}`, { cause })));
  });
  return supervise(child, child.pid as number, options);
}

function supervise(child: ChildProcess, pid: number, options: ChildOptions): Child {
  groups.add(pid);
  const lines = keepLines(child.stdout, options.onLine);
  const errorLines = keepLines(child.stderr);
  const ended = new Promise<number | null>((resolve) => {
    child.once("close", (code) => resolve(code));
  });
  const end = async (signal: "SIGTERM" | "SIGINT"): Promise<void> => {
    if (!groups.has(pid)) return;
    // The leader alone decides how its children end; only what it leaves behind is killed.
    child.kill(signal);
    await settled(ended, options.clock, END_GRACE_MS);
    killGroup(pid, "SIGKILL");
    groups.delete(pid);
    child.stdout?.destroy();
    child.stderr?.destroy();
  };
  return { pid, lines, errorLines, ended, end, [Symbol.asyncDispose]: () => end("SIGTERM") };
}

function keepLines(stream: NodeJS.ReadableStream | null, onLine?: (line: string) => void): readonly string[] {
  const lines: string[] = [];
  if (stream === null) return lines;
  createInterface({ input: stream }).on("line", (line) => {
    if (lines.push(line) > LINES_MAX) lines.shift();
    onLine?.(line);
  });
  return lines;
}

/** Waits for `promise`, but not longer. @returns whether it settled in time */
export async function settled(promise: Promise<unknown>, clock: Clock, longestMs: number): Promise<boolean> {
  const late = Promise.withResolvers<false>();
  const cancel = clock.after(longestMs, () => late.resolve(false));
  try {
    return await Promise.race([promise.then(() => true), late.promise]);
  } finally {
    cancel();
  }
}

/** How to run a child to its end. */
export interface RunOptions extends ChildOptions {
  /** When it takes longer it is ended and has failed. */
  readonly limitMs: number;
  /** Ends it early. */
  readonly stopping: AbortSignal;
}

/**
 * Runs `command` to its end.
 *
 * @returns the lines of its standard output
 * @throws {ChildError} when it cannot be started, fails, takes too long or is stopped
 */
export async function runChild(command: string, args: readonly string[], options: RunOptions) {
  options.stopping.throwIfAborted();
  await using child = await startChild(command, args, options);
  const interrupt = (): void => void child.end("SIGINT");
  options.stopping.addEventListener("abort", interrupt, { once: true });
  const isInTime = await settled(child.ended, options.clock, options.limitMs);
  options.stopping.removeEventListener("abort", interrupt);
  options.stopping.throwIfAborted();
  const name = [command, ...args].join(" ").slice(0, NAME_CHARACTERS_MAX);
  if (!isInTime) {
    await child.end("SIGINT");
    throw new ChildError(`${name}: not done after ${options.limitMs} ms`);
  }
  const code = await child.ended;
  const message = child.errorLines.slice(-ERROR_LINES).join(" | ");
  if (code !== 0) throw new ChildError(`${name}: exit code ${code}: ${message}`);
  return child.lines;
}

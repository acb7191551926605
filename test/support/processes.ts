/**
 * Starts a real program for a test and makes sure that nothing of it is left.
 *
 *      startProcess() --spawn, own process group--> running --readyWhen--> RunningProcess
 *                                                      \-- exits early or is late --> throws, with its output
 *      stop() / await using / the test process ends --> SIGTERM to the group, then SIGKILL
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";

/** The newest characters of the output that are kept: enough for a start-up log, too little to fill the memory. */
const OUTPUT_CHARACTERS_MAX = 256 * 1_024;
/** How long a program may take until it is ready; Kamailio needs about a second on a busy machine. */
const READY_TIMEOUT_MS = 15_000;
/** How long SIGTERM has before SIGKILL follows. */
const TERM_GRACE_MS = 3_000;
/** Pause between two questions to a `readyWhen` function. */
const READY_POLL_MS = 25;

/** What to wait for: text in the output, or a question that is asked until the answer is true. */
export type ReadyWhen = string | RegExp | ((output: string) => boolean | Promise<boolean>);

/** How to start a program. */
export interface StartOptions {
  /** Ready as soon as it runs when missing. */
  readonly readyWhen?: ReadyWhen;
  readonly readyTimeoutMs?: number;
  /** How long SIGTERM has before SIGKILL follows; 3 s when missing. */
  readonly termGraceMs?: number;
  readonly cwd?: string;
  /** Added to the environment of the tests; `undefined` removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Written to standard input, which is then closed; without it standard input is empty. */
  readonly input?: string;
}

/** How a program ended; exactly one of the two is not `null`. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A program that runs until it is stopped; `await using` stops it at the end of the block. */
export interface RunningProcess extends AsyncDisposable {
  readonly pid: number;
  /** Standard output and standard error as they arrived, the newest 256 Ki characters. */
  output(): string;
  /** Resolves when the program ended, whoever ended it. */
  readonly ended: Promise<ProcessEnd>;
  /** Sends a signal to the program alone, e.g. `SIGHUP` for a reload. */
  signal(signal: NodeJS.Signals): void;
  /** SIGTERM to the program and its children, then SIGKILL; resolves when it ended. May be called twice. */
  stop(): Promise<ProcessEnd>;
}

/** Process groups that must not outlive this process. */
const groups = new Set<number>();

function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // ESRCH: the whole group ended by itself, which is what we want.
  }
}

function killAllGroups(): void {
  for (const pid of groups) killGroup(pid, "SIGKILL");
  groups.clear();
}

let isGuarded = false;

/** Once per process, and only where a program is started: the reporter imports this file too. */
function guardExit(): void {
  if (isGuarded) return;
  isGuarded = true;
  process.once("exit", killAllGroups);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => {
      killAllGroups();
      // The listener above replaced the default, so the signal is sent again unless someone else listens to it.
      if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
    });
  }
}

/**
 * Starts `command` in a process group of its own and waits until it is ready.
 *
 * @param command absolute path, or a name looked up in PATH
 * @throws {Error} when it cannot be started, ends before it is ready, or is not ready in time; the message ends with its
 *   output, and nothing is left running
 */
export async function startProcess(
  command: string,
  args: readonly string[],
  options: StartOptions = {},
): Promise<RunningProcess> {
  guardExit();
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  const running = await supervise(child, command, options);
  try {
    await untilReady(running, command, options);
  } catch (error) {
    await running.stop();
    throw error;
  }
  return running;
}

async function supervise(child: ChildProcess, command: string, options: StartOptions): Promise<RunningProcess> {
  let output = "";
  const keep = (chunk: string): void => {
    output = (output + chunk).slice(-OUTPUT_CHARACTERS_MAX);
  };
  child.stdout?.setEncoding("utf8").on("data", keep);
  child.stderr?.setEncoding("utf8").on("data", keep);
  child.stdin?.on("error", () => {}); // A program that closes its input early is not a failure of the test.
  child.stdin?.end(options.input ?? "");

  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (cause) => reject(new Error(`cannot start ${command}: ${cause.message}`, { cause })));
  });
  const pid = child.pid as number;
  groups.add(pid);
  // `exit`, not `close`: a grandchild may hold the pipes open after the program itself is gone.
  const ended = new Promise<ProcessEnd>((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });

  const stop = async (): Promise<ProcessEnd> => {
    killGroup(pid, "SIGTERM");
    const late = setTimeout(() => killGroup(pid, "SIGKILL"), options.termGraceMs ?? TERM_GRACE_MS);
    const end = await ended;
    clearTimeout(late);
    killGroup(pid, "SIGKILL"); // Children that ignored SIGTERM, e.g. workers of a forking server.
    groups.delete(pid);
    child.stdout?.destroy();
    child.stderr?.destroy();
    return end;
  };
  return {
    pid,
    output: () => output,
    ended,
    signal: (signal) => void child.kill(signal),
    stop,
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
}

async function untilReady(running: RunningProcess, command: string, options: StartOptions): Promise<void> {
  const { readyWhen, readyTimeoutMs = READY_TIMEOUT_MS } = options;
  if (readyWhen === undefined) return;
  let end: ProcessEnd | null = null;
  void running.ended.then((value) => {
    end = value;
  });
  const deadlineMs = performance.now() + readyTimeoutMs;
  while (!(await isReady(readyWhen, running.output()))) {
    if (end !== null) throw new Error(`${command} ended before it was ready: ${describeEnd(end)}\n${running.output()}`);
    if (performance.now() > deadlineMs) {
      throw new Error(`${command} was not ready after ${readyTimeoutMs} ms\n${running.output()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
  }
}

async function isReady(readyWhen: ReadyWhen, output: string): Promise<boolean> {
  if (typeof readyWhen === "string") return output.includes(readyWhen);
  if (readyWhen instanceof RegExp) return readyWhen.test(output);
  // A question such as fetch() throws until the program listens.
  return Promise.resolve(readyWhen(output)).catch(() => false);
}

const describeEnd = (end: ProcessEnd): string => (end.signal === null ? `exit code ${end.code}` : `${end.signal}`);

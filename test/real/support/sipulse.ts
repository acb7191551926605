/**
 * The program under test, as a process of its own: started, asked, stopped.
 *
 *      startDaemon() --> serve ... on ports the system chose --> "sipulse started" names them --> rpc(), metrics()
 *      runSipulse()  --> any command that ends by itself     --> code, stdout, stderr
 *
 * @module
 */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type RunningProcess, startProcess } from "../../support/real.ts";
import { Samples } from "./metrics.ts";

const MAIN = fileURLToPath(new URL("../../../src/main.ts", import.meta.url));
/** A command that has not ended by then hangs. */
const COMMAND_TIMEOUT_MS = 20_000;

/** How a command ended. */
export interface CommandEnd {
  /** `null` when it had to be killed. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a command is run. */
export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs `sipulse ARGS` to its end. */
export function runSipulse(args: readonly string[], { cwd, env }: CommandOptions = {}): Promise<CommandEnd> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [MAIN, ...args],
      { cwd, env: { ...process.env, ...env }, timeout: COMMAND_TIMEOUT_MS, killSignal: "SIGKILL" },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === "number" ? error.code : null;
        resolve({ code, stdout, stderr });
      },
    );
  });
}

/** A line of the log. */
export interface LogLine {
  readonly level: string;
  readonly event: string;
  readonly [field: string]: unknown;
}

/** A contact as `ul.*` shows it; only what tests look at. */
export interface UlContact {
  readonly Address: string;
  readonly Ruid: string;
  readonly State: string;
  readonly "Call-ID": string;
  /** Whole microseconds; 0 = never answered. */
  readonly "KA-Roundtrip": number;
  readonly [field: string]: unknown;
}

/** A daemon that said "sipulse started". */
export interface RunningDaemon extends AsyncDisposable {
  readonly process: RunningProcess;
  /** Base URLs without a slash at the end. */
  readonly web: string;
  readonly admin: string;
  /** Port of the first SIP listener of that transport. */
  sipPort(transport?: "udp" | "tcp"): number;
  /** Lines of the log so far. */
  log(event?: string): readonly LogLine[];
  /** @throws {Error} when the answer is an error */
  rpc(method: string, params?: readonly unknown[]): Promise<unknown>;
  /** Contacts by AoR, from `ul.dump`. */
  contacts(): Promise<ReadonlyMap<string, readonly UlContact[]>>;
  metrics(): Promise<Samples>;
}

/** Everything on loopback, on ports that the system chooses. */
export const LISTEN_ANYWHERE = [
  ...["--sip.listen", "udp:127.0.0.1:0,tcp:127.0.0.1:0"],
  ...["--web.listen", "127.0.0.1:0"],
  ...["--admin.listen", "127.0.0.1:0"],
];

/** Nothing is stored. */
export const IN_MEMORY = ["--location.mode", "memory"] as const;

/** Everything is stored in `path`. */
export const storedIn = (path: string): readonly string[] => ["--location.url", `sqlite:${path}`];

/**
 * Starts `sipulse serve` and waits until it serves.
 *
 * @param flags `IN_MEMORY` or `storedIn(...)`, and what else differs; a later flag replaces an earlier one
 */
export async function startDaemon(flags: readonly string[], options: CommandOptions = {}): Promise<RunningDaemon> {
  const running = await startProcess(process.execPath, [MAIN, "serve", ...LISTEN_ANYWHERE, ...flags], {
    ...options,
    readyWhen: '"event":"sipulse started"',
    termGraceMs: 10_000,
  });
  const log = (event?: string): readonly LogLine[] =>
    linesOf(running.output()).filter((line) => event === undefined || line.event === event);
  const started = log("sipulse started")[0] as LogLine & Readonly<Record<"web" | "admin", string>> & { sip: string[] };
  const rpc = async (method: string, params: readonly unknown[] = []): Promise<unknown> => {
    const answer = (await callRpc(`${started.admin}/RPC`, method, params)) as { result?: unknown; error?: unknown };
    if (answer.result === undefined) throw new Error(`${method}: ${JSON.stringify(answer.error)}`);
    return answer.result;
  };
  return {
    process: running,
    web: started.web,
    admin: started.admin,
    sipPort: (transport = "udp") => {
      const address = started.sip.find((text) => text.startsWith(`${transport}:`));
      return Number(address?.split(":").at(-1));
    },
    log,
    rpc,
    contacts: async () => contactsOf(await rpc("ul.dump")),
    metrics: async () => new Samples(await (await fetch(`${started.web}/metrics`)).text()),
    [Symbol.asyncDispose]: async () => void (await running.stop()),
  };
}

/** One JSON-RPC call; resolves with the whole answer, error or not. */
export async function callRpc(url: string, method: string, params: readonly unknown[] = []): Promise<unknown> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  // A connection of its own: Kamailio closes it after the answer without saying so.
  const headers = { "content-type": "application/json", connection: "close" };
  const response = await fetch(url, { method: "POST", headers, body });
  return response.json();
}

/** What of the output is log; anything else, such as a line on standard error, is left out. */
function linesOf(output: string): readonly LogLine[] {
  const whole = output.slice(0, output.lastIndexOf("\n") + 1);
  return whole
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as LogLine);
}

interface Dump {
  readonly Domains: ReadonlyArray<{ readonly Domain: { readonly AoRs: ReadonlyArray<{ readonly Info: AorInfo }> } }>;
}

interface AorInfo {
  readonly AoR: string;
  readonly Contacts: ReadonlyArray<{ readonly Contact: UlContact }>;
}

function contactsOf(dump: unknown): ReadonlyMap<string, readonly UlContact[]> {
  const infos = (dump as Dump).Domains.flatMap(({ Domain }) => Domain.AoRs.map(({ Info }) => Info));
  return new Map(infos.map(({ AoR, Contacts }) => [AoR, Contacts.map(({ Contact }) => Contact)]));
}

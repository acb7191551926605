/**
 * A fresh sipulse to be measured: in memory, on loopback ports that the system chooses.
 *
 * @module
 */
import { createSocket } from "node:dgram";
import { fileURLToPath } from "node:url";
import { settled, startChild } from "./child.ts";
import type { Bench } from "./measurement.ts";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const START_LIMIT_MS = 30_000;
const LOOPBACK = "127.0.0.1";

/** Probes so rarely that they do not disturb, and every contact still has its place in the wheel. */
export const QUIET = ["--keepalive.interval", "1h"] as const;

/** Variables that are set for the daemon alone. */
export type Environment = Readonly<Record<string, string>>;

/** A daemon that answers. */
export interface DaemonUnderTest extends AsyncDisposable {
  readonly pid: number;
  /** Where phones register, e.g. `127.0.0.1:40001`. */
  readonly sip: string;
  readonly metricsUrl: string;
  readonly rpcUrl: string;
  /** What it logged as a warning or an error. */
  readonly warnings: readonly string[];
}

/** The line that says that everything is open. */
interface StartedLine {
  readonly event: "sipulse started";
  readonly sip: readonly string[];
  readonly web: string;
  readonly admin: string;
}

/**
 * Starts `sipulse serve` and waits until it is ready.
 *
 * @param environment what else it is told; neither `SIPULSE_*` nor `OTEL_*` are passed on
 * @throws {ChildError | Error} with what it said, when it does not start
 */
export async function openDaemon(
  bench: Bench,
  flags: readonly string[],
  environment: Environment = {},
): Promise<DaemonUnderTest> {
  const started = Promise.withResolvers<StartedLine>();
  const warnings: string[] = [];
  const onLine = (line: string): void => {
    const entry = readLogLine(line);
    if (entry?.event === "sipulse started") started.resolve(entry as unknown as StartedLine);
    if (entry?.level === "warn" || entry?.level === "error") warnings.push(line);
  };
  const listen = [
    "--sip.listen",
    `udp:${LOOPBACK}:0`,
    "--web.listen",
    `${LOOPBACK}:0`,
    "--admin.listen",
    `${LOOPBACK}:0`,
  ];
  const args = [MAIN, "serve", "--location.mode", "memory", ...listen, ...flags];
  const { clock, tools } = bench;
  const child = await startChild(process.execPath, args, {
    ...{ clock, cwd: tools.folder, onLine },
    env: { ...withoutSettings(), ...environment },
  });
  const firstOf = Promise.race([started.promise, child.ended.then(() => null)]);
  const isInTime = await settled(firstOf, clock, START_LIMIT_MS);
  const line = isInTime ? await firstOf : null;
  if (line === null) {
    await child.end("SIGTERM");
    throw new Error(`sipulse did not start: ${[...child.lines, ...child.errorLines].slice(-3).join(" | ")}`);
  }
  return {
    pid: child.pid,
    sip: (line.sip[0] as string).replace(/^udp:/, ""),
    metricsUrl: `${line.web}/metrics`,
    rpcUrl: `${line.admin}/RPC`,
    warnings,
    [Symbol.asyncDispose]: () => child.end("SIGTERM"),
  };
}

/** Takes settings out of the environment: they would change what is measured, and unknown ones stop the start. */
function withoutSettings(): Readonly<Record<string, undefined>> {
  const names = Object.keys(process.env).filter((name) => /^(?:SIPULSE|OTEL)_/.test(name));
  return Object.fromEntries(names.map((name) => [name, undefined]));
}

function readLogLine(line: string): { level?: unknown; event?: unknown } | null {
  try {
    return JSON.parse(line) as { level?: unknown; event?: unknown };
  } catch {
    return null;
  }
}

/** A UDP port that was free a moment ago, for the phones. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = createSocket("udp4");
    socket.once("error", reject);
    socket.bind(0, LOOPBACK, () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}

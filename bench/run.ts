/**
 * `npm run bench`: measures sipulse and, when it is here, Kamailio beside it; prints the table and writes JSON.
 *
 *      options -> plan -> session --bench.py, kamailio_bench.py--> samples -> rows -> table, bench/results/*.json
 *
 * Exit codes: 0 measured, 1 failed (with --strict also: a target missed or not measured), 2 bad usage, 130 stopped.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "../src/base/clock.ts";
import { type Machine, thisMachine } from "./machine.ts";
import type { Sample } from "./measurement.ts";
import { type Options, readOptions, USAGE, UsageError } from "./options.ts";
import { openLoadTools } from "./peer-bench.ts";
import { planOf } from "./plan.ts";
import { isAllMet, type Row, rowsOf } from "./rows.ts";
import { runPlan } from "./session.ts";
import { countVerdicts, printTable } from "./table.ts";

const RESULTS = fileURLToPath(new URL("results", import.meta.url));
const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
const EXIT_STOPPED = 130;

const say = (text: string): void => void process.stderr.write(`${text}\n`);

try {
  const options = readOptions(process.argv.slice(2));
  if (options.isHelp) process.stdout.write(USAGE);
  else process.exitCode = await bench(options);
} catch (error) {
  say(error instanceof UsageError ? `${error.message}\n${USAGE}` : String(error));
  process.exitCode = error instanceof UsageError ? EXIT_USAGE : EXIT_FAILED;
}

async function bench(options: Options): Promise<number> {
  const stopping = stopSignal();
  const startedAt = new Date(systemClock.wallMs()).toISOString();
  const machine = thisMachine();
  const plan = planOf(options);
  const { tools, missing } = await openLoadTools(systemClock, stopping);
  for (const { what, consequence } of missing) say(`NOT HERE: ${what}: ${consequence}`);
  await using _tools = tools;
  const peer = tools?.kamailio ?? null;
  const session = { runs: options.runs, isPeerHere: peer !== null, stopping, say };
  const samples = await runPlan(plan, { tools, clock: systemClock }, session);
  const rows = rowsOf(plan, samples, peer !== null);
  report(rows, { options, startedAt, machine, loadAtEnd: thisMachine().load, peer, missing, samples });
  if (stopping.aborted) return EXIT_STOPPED;
  return options.isStrict && !isAllMet(rows) ? EXIT_FAILED : 0;
}

/** What the JSON has beside the rows. */
interface Context {
  readonly options: Options;
  readonly startedAt: string;
  readonly machine: Machine;
  readonly loadAtEnd: number;
  readonly peer: string | null;
  readonly missing: readonly { readonly what: string }[];
  readonly samples: readonly Sample[];
}

function report(rows: readonly Row[], context: Context): void {
  const { machine, options, loadAtEnd, peer, startedAt } = context;
  const load = `load ${machine.load.toFixed(2)} before, ${loadAtEnd.toFixed(2)} after`;
  const against = peer ?? "no peer (NOT HERE)";
  process.stdout.write(
    `\nsipulse against ${against}; median of ${options.runs} run(s); Node ${machine.node}, ` +
      `${machine.cores} cores (${machine.processor}), Linux ${machine.kernel}; ${load}\n\n` +
      `${printTable(rows)}\n${countVerdicts(rows)}\n`,
  );
  mkdirSync(RESULTS, { recursive: true });
  const file = join(RESULTS, `${startedAt.replaceAll(":", "-")}.json`);
  writeFileSync(file, `${JSON.stringify({ ...context, rows }, null, 2)}\n`);
  say(`written to ${relative(process.cwd(), file)}`);
}

/** The first signal stops and reports what there is; the second one ends at once. */
function stopSignal(): AbortSignal {
  const stopping = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (stopping.signal.aborted) process.exit(EXIT_STOPPED);
      say("stopping; what was measured follows");
      stopping.abort();
    });
  }
  return stopping.signal;
}

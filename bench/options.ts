/**
 * The command line of the benchmark.
 *
 * @module
 */
import { parseArgs } from "node:util";

/** Groups of rows that can be asked for. */
export const PARTS = ["ka", "pacing", "reg", "mem", "dump", "metrics", "overhead", "scrape", "quantile"] as const;
export type Part = (typeof PARTS)[number];

/** What to measure. */
export interface Options {
  readonly parts: readonly Part[];
  /** Sizes at which keepalives are measured. */
  readonly contacts: readonly number[];
  /** Medians are taken over so many runs. */
  readonly runs: number;
  /** Whether a missed or unmeasured target is a failure. */
  readonly isStrict: boolean;
  readonly isHelp: boolean;
}

/** A command line that cannot be meant. */
export class UsageError extends RangeError {
  override readonly name = "UsageError";
  readonly code = "USAGE";
}

export const USAGE = `usage: npm run bench -- [options]
  --only ${PARTS.join(",")}
                                         parts of the table (default: all)
  --contacts 1000,10000,50000            sizes for the keepalive rows
  --runs 3                               runs of each measurement; the table shows medians
  --quick                                one run, 10,000 contacts only
  --strict                               exit 1 when a target is missed or something could not be measured
  --help
Needs the peer bench (uasim, bench.py) in ../shared/bench or SIPULSE_PEER_BENCH, a C compiler, make and python3, but
for scrape and quantile; Kamailio 5.6.3 for its column. Ctrl-C stops and prints what was measured.
`;

const CONTACTS_DEFAULT = "1000,10000,50000";
const CONTACTS_QUICK = "10000";
const RUNS_DEFAULT = "3";
const CONTACTS_MIN = 10;
const CONTACTS_MAX = 500_000;
const RUNS_MAX = 99;

/** @throws {UsageError} on an unknown option or a value out of range */
export function readOptions(args: readonly string[]): Options {
  const { only, contacts, runs, quick, strict, help } = parse(args);
  return {
    parts: only === undefined ? PARTS : only.split(",").map(readPart),
    contacts: (contacts ?? (quick ? CONTACTS_QUICK : CONTACTS_DEFAULT))
      .split(",")
      .map((word) => readWholeNumber("--contacts", word, { min: CONTACTS_MIN, max: CONTACTS_MAX })),
    runs: readWholeNumber("--runs", runs ?? (quick ? "1" : RUNS_DEFAULT), { min: 1, max: RUNS_MAX }),
    isStrict: strict ?? false,
    isHelp: help ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        only: { type: "string" },
        contacts: { type: "string" },
        runs: { type: "string" },
        quick: { type: "boolean" },
        strict: { type: "boolean" },
        help: { type: "boolean" },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

function readPart(word: string): Part {
  const part = PARTS.find((known) => known === word.trim());
  if (part === undefined) throw new UsageError(`--only must be of ${PARTS.join(", ")}, got "${word}"`);
  return part;
}

function readWholeNumber(option: string, word: string, range: { min: number; max: number }): number {
  const value = /^\d{1,9}$/.test(word.trim()) ? Number(word) : Number.NaN;
  if (value >= range.min && value <= range.max) return value;
  throw new UsageError(`${option} must be whole numbers from ${range.min} to ${range.max}, got "${word}"`);
}

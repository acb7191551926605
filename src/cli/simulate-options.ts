/**
 * Options of `sipulse simulate`, read with the same kinds of values as settings.
 *
 * @module
 */
import type { Command } from "commander";
import { z } from "zod";
import { printable } from "../base/log.ts";
import { type HttpAddress, httpAddress, sipHost } from "../config/addresses.ts";
import { ConfigError } from "../config/errors.ts";
import { durationMs, durationS, type Kind, listOf, oneOf, optional, ratio, wholeNumber } from "../config/kinds.ts";

/** What to simulate, every value checked. */
export type SimulateOptions = {
  readonly [K in keyof typeof simulateOptions]: (typeof simulateOptions)[K] extends Row<infer T> ? T : never;
};

interface Row<T> {
  readonly flag: string;
  readonly kind: Kind<T>;
  readonly doc: string;
  /** As it would be written. */
  readonly default: string;
}

const row = <T>(fields: Row<T>): Row<T> => fields;

const roundTrip = durationMs({ min: "0ms", max: "1m" });

/** The table; the order is that of `--help`. */
export const simulateOptions = {
  target: row<HttpAddress>({
    flag: "target",
    kind: httpAddress,
    doc: "registrar, HOST:PORT",
    default: "127.0.0.1:5060",
  }),
  transport: row({
    flag: "transport",
    kind: oneOf(["udp", "tcp", "mixed"]),
    doc: "udp, tcp, or mixed",
    default: "udp",
  }),
  phones: row({ flag: "phones", kind: wholeNumber({ min: 1, max: 1_000_000 }), doc: "how many", default: "100" }),
  domain: row({ flag: "domain", kind: sipHost, doc: "domain of their addresses-of-record", default: "example.org" }),
  /** Round trips of the phones in turn; empty for the mix of a demonstration. */
  delaysMs: row({
    flag: "rtt",
    kind: listOf(roundTrip),
    doc: "round trip, or a list that the phones take in turn; without this and the options below a mix of lines",
    default: "",
  }),
  jitterMs: row({
    flag: "jitter",
    kind: optional(durationMs({ min: "0ms", max: "10s" })),
    doc: "mean of what is added to each round trip at random",
    default: "",
  }),
  lossRatio: row({ flag: "loss", kind: optional(ratio()), doc: "share of probes left unanswered", default: "" }),
  duplicateRatio: row({
    flag: "duplicate",
    kind: optional(ratio()),
    doc: "share of probes answered twice",
    default: "",
  }),
  lateRatio: row({ flag: "late", kind: optional(ratio()), doc: "share answered too late", default: "" }),
  expiresS: row({
    flag: "expires",
    kind: durationS({ min: "1s", max: "24h" }),
    doc: "lifetime asked for",
    default: "120s",
  }),
  seed: row({
    flag: "seed",
    kind: wholeNumber({ min: 0, max: 4_294_967_295 }),
    doc: "same seed, same phones",
    default: "1",
  }),
  durationMs: row({
    flag: "duration",
    kind: optional(durationMs({ min: "1s", max: "720h" })),
    doc: "stop after this long; without it on a signal",
    default: "",
  }),
} as const;

const rows = Object.entries(simulateOptions) as ReadonlyArray<readonly [string, Row<unknown>]>;

/** Adds the options to the command. */
export function addSimulateOptions(command: Command): Command {
  for (const [, { flag, doc, default: standard }] of rows) {
    command.option(`--${flag} <value>`, `${doc}${standard === "" ? "" : ` [${standard}]`}`);
  }
  return command;
}

/**
 * Reads what was given.
 *
 * @param given text by flag
 * @throws {ConfigError} with every problem
 */
export function readSimulateOptions(given: Readonly<Record<string, string | undefined>>): SimulateOptions {
  const problems: string[] = [];
  const options: Record<string, unknown> = {};
  for (const [name, { flag, kind, default: standard }] of rows) {
    const text = given[flag] ?? standard;
    const result = z.safeParse(kind.schema, kind.isList ? text.split(",").filter((item) => item !== "") : text);
    if (result.success) options[name] = result.data;
    else {
      const mustBe = result.error.issues[0]?.message ?? kind.accepts;
      problems.push(`command line: --${flag} must be ${mustBe}, got ${text === "" ? "nothing" : printable(text)}`);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return options as SimulateOptions;
}

/**
 * Puts the configuration together: command line, environment, file, default, in this order.
 *
 *      flags ----+
 *      env ------+--> decode every value --> first source wins --> fit defaults --> checks --> Config
 *      file -----+          |                                                        |
 *      defaults -+          +---------------> every problem, with its source <-------+
 *
 * Values of a source that is overruled are checked as well: a wrong line in the file is wrong today, not on the day
 * the flag goes.
 *
 * @module
 */
import { printable } from "../base/log.ts";
import { checks, type Draft, fitDefaults } from "./checks.ts";
import { ConfigError } from "./errors.ts";
import type { Written } from "./kinds.ts";
import { suggestKey, suggestVariable } from "./near-miss.ts";
import { type Config, type SettingName, settingNameOf, settingRows } from "./schema.ts";
import { ENVIRONMENT_PREFIX, environmentNameOf, type Setting } from "./setting.ts";
import { readYaml, type SourceEntries } from "./yaml-file.ts";

/** Environment variable that names the configuration file where no `--config` does. */
export const CONFIG_FILE_VARIABLE = `${ENVIRONMENT_PREFIX}CONFIG`;

/** Everything a configuration is made of. */
export interface ConfigSources {
  /** `[key, value]` in the order of the command line; a later one replaces an earlier one. */
  readonly flags: ReadonlyArray<readonly [key: string, value: string]>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The configuration file; `null` to go without one, or with that of `SIPULSE_CONFIG`. */
  readonly configPath: string | null;
  /** Returns the text of a file, or throws. */
  readonly readFile: (path: string) => string;
}

/** A configuration that knows where each value comes from. */
export interface ResolvedConfig {
  readonly config: Config;
  /** `command line`, `environment`, the path of the file, or `default` with the reason where it follows another setting. */
  readonly origins: Readonly<Record<SettingName, string>>;
}

interface Source extends SourceEntries {
  readonly label: string;
}

/** What Kubernetes puts into every pod beside a Service named `sipulse` or `sipulse-…`: not meant for us. */
const SERVICE_LINK = /^SIPULSE_(\w+_)?(SERVICE_(HOST|PORT(_\w+)?)|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$/;

/**
 * Reads and checks the configuration.
 *
 * @throws {ConfigError} with every problem of every source
 */
export function loadConfig(sources: ConfigSources): Config {
  return resolveConfig(sources).config;
}

/**
 * The same, with the origin of each value.
 *
 * @throws {ConfigError} with every problem of every source
 */
export function resolveConfig(sources: ConfigSources): ResolvedConfig {
  const read = [fromFlags(sources.flags), fromEnvironment(sources.env), fromFile(sources)];
  const problems = read.flatMap(({ label, problems }) => problems.map((problem) => `${label}: ${problem}`));
  const draft: Record<string, unknown> = {};
  const origins: Record<string, string> = {};
  const failed = new Set<SettingName>();
  for (const [name, row] of settingRows) {
    draft[name] = decodeDefault(row);
    origins[name] = "default";
    for (const { label, entries } of read.toReversed()) {
      const written = entries.get(row.key);
      if (written === undefined) continue;
      const decoded = decode(row, written);
      origins[name] = label;
      if ("value" in decoded) {
        draft[name] = decoded.value;
      } else {
        failed.add(name);
        problems.push(`${label}: ${decoded.problem}`);
      }
    }
  }
  const config = draft as Draft;
  const isGiven = (name: SettingName) => origins[name] !== "default";
  for (const [name, because] of fitDefaults(config, isGiven)) origins[name] = `default, ${because}`;
  problems.push(...contradictions(config, origins, failed));
  if (problems.length > 0) throw new ConfigError(problems);
  return { config: Object.freeze(config), origins: origins as Record<SettingName, string> };
}

/** The problems of rules whose settings could all be read. */
function contradictions(
  config: Config,
  origins: Readonly<Record<string, string>>,
  failed: ReadonlySet<SettingName>,
): string[] {
  return checks.flatMap(({ about, problem }) => {
    if (about.some((name) => failed.has(name))) return [];
    const text = problem(config);
    const blamed = about.find((name) => !origins[name]?.startsWith("default"));
    return text === null ? [] : [`${blamed === undefined ? "default" : origins[blamed]}: ${text}`];
  });
}

function fromFlags(flags: ConfigSources["flags"]): Source {
  const entries = new Map<string, Written>();
  const problems: string[] = [];
  for (const [key, value] of flags) {
    if (settingNameOf.has(key)) entries.set(key, value);
    else problems.push(`${printable(key)} is not a setting${suggestKey(key)}`);
  }
  return { label: "command line", entries, problems };
}

function fromEnvironment(env: ConfigSources["env"]): Source {
  const keys = new Map(settingRows.map(([, { key }]) => [environmentNameOf(key), key]));
  const entries = new Map<string, Written>();
  const problems: string[] = [];
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith(ENVIRONMENT_PREFIX) || value === undefined || variable === CONFIG_FILE_VARIABLE) continue;
    const key = keys.get(variable);
    if (key !== undefined) entries.set(key, value);
    else if (!SERVICE_LINK.test(variable)) {
      problems.push(`${printable(variable)} is not a setting${suggestVariable(variable)}`);
    }
  }
  return { label: "environment", entries, problems };
}

function fromFile({ configPath, env, readFile }: ConfigSources): Source {
  const path = configPath ?? env[CONFIG_FILE_VARIABLE] ?? "";
  if (path === "") {
    const problems = configPath === null ? [] : ["--config must be the path of a file, got nothing"];
    return { label: "command line", entries: new Map(), problems };
  }
  let text: string;
  try {
    text = readFile(path);
  } catch (error) {
    // "ENOENT: no such file or directory, open 'sipulse.yml'": the path stands before it already.
    const reason = error instanceof Error ? error.message.split(", ", 1)[0] : String(error);
    return { label: path, entries: new Map(), problems: [`cannot be read: ${reason}`] };
  }
  return { label: path, ...readYaml(text) };
}

/** A default that cannot be read is a mistake in the table, found by the first test that loads anything. */
function decodeDefault(row: Setting<unknown>): unknown {
  const decoded = decode(row, row.default);
  if ("value" in decoded) return decoded.value;
  throw new TypeError(`default of ${decoded.problem}`);
}

/** @returns the value, or the problem without its source */
function decode(row: Setting<unknown>, written: Written): { readonly value: unknown } | { readonly problem: string } {
  const result = row.kind.schema.safeParse(row.kind.isList ? asList(written) : written);
  if (result.success) return { value: result.data };
  const [issue] = result.error.issues;
  const problem = `${row.key} must be ${issue?.message ?? row.kind.accepts}`;
  if (row.isSecret === true) return { problem };
  // In a list the entry that is wrong is quoted, not the list.
  const index = issue?.path[0];
  const wrong = typeof index === "number" ? asList(written)[index] : written;
  return { problem: `${problem}, got ${quote(wrong ?? "")}` };
}

/** `a, b` -> `["a", "b"]`; a list stays what it is. */
function asList(written: Written): readonly string[] {
  if (typeof written !== "string") return written;
  return written.trim() === "" ? [] : written.split(",").map((item) => item.trim());
}

function quote(written: Written): string {
  const text = printable(typeof written === "string" ? written : written.join(", "));
  return text === "" ? "nothing" : text;
}

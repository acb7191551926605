/**
 * Loads configurations from text, for tests that are about something else.
 *
 * @module
 */
import { ConfigError } from "../../../src/config/errors.ts";
import { type ConfigSources, type ResolvedConfig, resolveConfig } from "../../../src/config/load.ts";

/** What a test gives; the file is always called `sipulse.yml`. */
export interface Given {
  readonly yaml?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly flags?: ConfigSources["flags"];
}

export function resolve({ yaml, env = {}, flags = [] }: Given): ResolvedConfig {
  return resolveConfig({
    flags,
    env,
    configPath: yaml === undefined ? null : "sipulse.yml",
    readFile: () => yaml ?? "",
  });
}

export const load = (given: Given) => resolve(given).config;

/** The problems of a configuration that must not load. */
export function problemsOf(given: Given): readonly string[] {
  try {
    resolve(given);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  throw new Error("the configuration was accepted");
}

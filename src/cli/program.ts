/**
 * The command line: which commands there are, what they take, and which exit code they end with.
 *
 *      argv --> commander --> settings or options, checked --> a handler of `World`
 *
 * Nothing is started here, so that every way of calling the program can be tested.
 *
 * @module
 */
import { Command, CommanderError } from "commander";
import { ConfigError } from "../config/errors.ts";
import { type ConfigSources, loadConfig, resolveConfig } from "../config/load.ts";
import { printConfig } from "../config/print.ts";
import type { Config } from "../config/schema.ts";
import { problemsOfWebConfig } from "../http/web-config.ts";
import { addSettingFlags, flagSourcesOf } from "./setting-flags.ts";
import { addSimulateOptions, readSimulateOptions } from "./simulate-options.ts";
import { addUlCommands } from "./ul.ts";
import { EXIT_BAD_USAGE, EXIT_FAILED, EXIT_OK, type World } from "./world.ts";

/**
 * Runs one command to its end.
 *
 * @param argv arguments without interpreter and script
 * @returns the exit code: 0 ok, 1 failed, 2 bad usage or configuration. Never throws
 */
export async function runCommandLine(argv: readonly string[], world: World): Promise<number> {
  try {
    await buildProgram(world).parseAsync(argv, { from: "user" });
    return EXIT_OK;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_OK : EXIT_BAD_USAGE; // It has spoken.
    if (error instanceof ConfigError) {
      world.err(`${error.message}\n`);
      return EXIT_BAD_USAGE;
    }
    world.err(`sipulse: ${error instanceof Error ? error.message : String(error)}\n`);
    return EXIT_FAILED;
  }
}

/** The commands, ready to parse. */
function buildProgram(world: World): Command {
  const program = new Command("sipulse")
    .description("A SIP registrar whose heartbeat you can see")
    .version(world.version)
    .exitOverride()
    .configureOutput({ writeOut: world.out, writeErr: world.err })
    .showSuggestionAfterError();

  const sources = (command: Command): ConfigSources => ({ ...flagSourcesOf(command), ...world });

  addSettingFlags(program.command("serve").description("run the registrar")).action(async (_, command: Command) => {
    const reload = () => checkedConfig(sources(command));
    await world.handlers.serve({ config: reload(), reload });
  });
  addSettingFlags(program.command("check-config").description("check the configuration and exit")).action(
    (_, command: Command) => {
      checkedConfig(sources(command));
      world.out("configuration is valid\n");
    },
  );
  addSettingFlags(program.command("print-config").description("print the effective configuration as YAML")).action(
    (_, command: Command) => world.out(printConfig(resolveConfig(sources(command)))),
  );
  addSimulateOptions(program.command("simulate").description("be many phones that register and answer")).action(
    (given: Record<string, string>) => world.handlers.simulate(readSimulateOptions(given)),
  );
  addUlCommands(program, world);
  return program;
}

/**
 * The configuration, and with it the web configuration file that it names.
 *
 * @throws {ConfigError} with every problem of the one, or of the other
 */
function checkedConfig(sources: ConfigSources): Config {
  const config = loadConfig(sources);
  const problems = config.webConfigFile === null ? [] : problemsOfWebConfig(config.webConfigFile, sources.readFile);
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

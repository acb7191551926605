/**
 * Settings as long options: adds one per row of the table, and hands over what was given.
 *
 * @module
 */
import { type Command, Option } from "commander";
import { plain } from "../config/document.ts";
import type { ConfigSources } from "../config/load.ts";
import { settingRows } from "../config/schema.ts";
import { flagOf, type Setting } from "../config/setting.ts";

/** What a command line says about the configuration. */
export type FlagSources = Pick<ConfigSources, "flags" | "configPath">;

/**
 * Adds `--config` and every setting to a command.
 *
 * Unknown options are let through: they are reported by the configuration, together with every other problem.
 */
export function addSettingFlags(command: Command): Command {
  command.allowUnknownOption().allowExcessArguments();
  command.option("--config <file>", "YAML file with settings; also SIPULSE_CONFIG");
  for (const [, row] of settingRows) command.addOption(optionOf(row));
  return command;
}

function optionOf(row: Setting<unknown>): Option {
  const standard = plain(row.default);
  const note = standard === "" ? "" : ` [${standard}]`;
  return new Option(`${flagOf(row.key)} <${row.kind.isList ? "list" : "value"}>`, `${row.doc}${note}`);
}

/** What was given to a command with `addSettingFlags`, unknown options included. */
export function flagSourcesOf(command: Command): FlagSources {
  const given = command.opts<Record<string, string | undefined>>();
  const flags: Array<readonly [string, string]> = [];
  for (const [, { key }] of settingRows) {
    const value = given[key];
    if (value !== undefined) flags.push([key, value]);
  }
  return { flags: [...flags, ...unknownFlags(command)], configPath: given["config"] ?? null };
}

/** `--some.thing value` and `--some.thing=value` among what is left over; anything else that is left is an error. */
function unknownFlags(command: Command): Array<readonly [string, string]> {
  const found: Array<readonly [string, string]> = [];
  for (let i = 0; i < command.args.length; i++) {
    const word = command.args[i] ?? "";
    const match = /^--?([^=]+)(?:=(.*))?$/s.exec(word);
    if (match === null) command.error(`error: ${command.name()} takes no argument, got '${word}'`);
    const next = command.args[i + 1];
    const isValueNext = match[2] === undefined && next !== undefined && !next.startsWith("-");
    if (isValueNext) i++;
    found.push([match[1] ?? "", match[2] ?? (isValueNext ? next : "")]);
  }
  return found;
}

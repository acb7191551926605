/**
 * Prints the effective configuration as YAML that can be read again, each line with where its value comes from.
 *
 * A secret is a comment, `# token: ***`, so that what is printed can be kept and used: the secret then comes from
 * where it came from before.
 *
 * @module
 */
import { stringify } from "yaml";
import { z } from "zod";
import { printable } from "../base/log.ts";
import type { Written } from "./kinds.ts";
import type { ResolvedConfig } from "./load.ts";
import { type SettingName, settingRows } from "./schema.ts";
import type { Setting } from "./setting.ts";

/** The configuration as a YAML document. */
export function printConfig({ config, origins }: ResolvedConfig): string {
  const lines = ["# Effective configuration of sipulse; behind each value stands its source.", ""];
  let open: readonly string[] = [];
  for (const [name, row] of settingRows) {
    const path = row.key.split(".");
    const sections = path.slice(0, -1);
    const shared = sharedLength(open, sections);
    if (shared === 0 && open.length > 0) lines.push("");
    for (const [depth, section] of sections.entries()) {
      if (depth >= shared) lines.push(`${indent(depth)}${section}:`);
    }
    open = sections;
    lines.push(
      `${indent(sections.length)}${printValue(row, config[name], path.at(-1) ?? "")}  # ${sourceOf(origins, name)}`,
    );
  }
  return `${lines.join("\n")}\n`;
}

function printValue(row: Setting<unknown>, value: unknown, name: string): string {
  if (row.isSecret === true && value !== null) return `# ${name}: "***"`;
  const written = z.encode(row.kind.schema, value) as Written;
  if (written === "") return `${name}: null`;
  if (typeof written !== "string") return `${name}: [${written.map(scalar).join(", ")}]`;
  return `${name}: ${scalar(written)}`;
}

/** One value as it may stand behind a colon or within `[ ]`, quoted where YAML would read something else. */
function scalar(text: string): string {
  return /^[\w./-]+$/.test(text) && !/^(null|~)$/i.test(text)
    ? text
    : stringify(text, { defaultStringType: "QUOTE_DOUBLE", lineWidth: 0 }).trimEnd();
}

const indent = (depth: number): string => "  ".repeat(depth);

const sourceOf = (origins: ResolvedConfig["origins"], name: SettingName): string => printable(origins[name]);

function sharedLength(left: readonly string[], right: readonly string[]): number {
  const different = left.findIndex((section, depth) => section !== right[depth]);
  return different === -1 ? left.length : different;
}

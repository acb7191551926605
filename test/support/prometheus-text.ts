/**
 * Reads the Prometheus text format 0.0.4, help and types included.
 *
 * Whether it is well-formed in every respect is promtool's business.
 *
 * @module
 */
import { parseSampleLine, type SampleLine } from "./sample-line.ts";

/** One metric with its samples. */
export interface TextFamily {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly samples: readonly SampleLine[];
}

/** @throws {SyntaxError} when a line is neither sample nor description */
export function parseText(body: string): readonly TextFamily[] {
  if (body !== "" && !body.endsWith("\n")) throw new SyntaxError("the last line does not end");
  const families: (Omit<TextFamily, "samples" | "type"> & { type: string; samples: SampleLine[] })[] = [];
  for (const line of body.split("\n").filter((text) => text !== "")) {
    const [, word, name = "", text = ""] = /^# (HELP|TYPE) (\S+) (.*)$/s.exec(line) ?? [];
    const last = families.at(-1);
    if (word === "HELP") families.push({ name, help: unescapeHelp(text), type: "untyped", samples: [] });
    else if (last === undefined) throw new SyntaxError(`no help before ${line}`);
    else if (word === "TYPE" && last.name === name) last.type = text;
    else last.samples.push(parseSampleLine(line));
  }
  return families;
}

/** Quotes are not escaped here. */
function unescapeHelp(text: string): string {
  return text.replace(/\\([\\n])/g, (_, escaped: string) => (escaped === "n" ? "\n" : "\\"));
}

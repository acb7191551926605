/**
 * The commands that documents show, given to the real command line in a process that starts nothing.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Document } from "../../support/tidy/names.ts";
import type { Problem } from "../../support/tidy/source.ts";
import { run } from "../cli/fake-world.ts";
import { codeBlocks, type Found, inlineCode } from "./markdown.ts";

/** What the commands are checked against. */
export interface Checkout {
  readonly root: string;
  /** Names of the scripts in package.json. */
  readonly scripts: readonly string[];
}

/** Our own commands, and the scripts of npm; everything else is another program's business. */
const OURS = /^(?:npx )?sipulse\b|^npm (?:start|test|run)\b|^npx vitest\b|^node src\/main\.ts\b/;

/** Every command of a document: lines of `sh` blocks, lines behind a prompt, and inline code. */
export function commandsIn(markdown: string): readonly Found[] {
  const inBlocks = codeBlocks(markdown).flatMap(({ language, text, line }) => {
    const lines = text.split("\n").map((content, index) => ({ text: content, line: line + 1 + index }));
    if (language === "sh") return lines;
    if (language !== "console") return [];
    return lines
      .filter((one) => one.text.startsWith("$ "))
      .map((one) => ({ text: one.text.slice("$ ".length), line: one.line }));
  });
  // `sipulse` alone is the program's name, not a command.
  const inline = inlineCode(markdown).filter(({ text }) => text.includes(" "));
  return [...inBlocks, ...inline]
    .map(({ text, line }) => ({ text: text.replace(/\s+[#|].*$/, "").trim(), line }))
    .filter(({ text }) => OURS.test(text));
}

/** Commands that the program would refuse, scripts and test folders that do not exist. */
export async function commandProblems(documents: readonly Document[], checkout: Checkout): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  for (const { path, text } of documents) {
    for (const command of commandsIn(text)) {
      const advice = await refusal(command.text, checkout);
      if (advice !== null) problems.push({ path, line: command.line, advice: `${command.text}: ${advice}` });
    }
  }
  return problems;
}

/** Why a command does not work; `null` when it does. */
async function refusal(command: string, { root, scripts }: Checkout): Promise<string | null> {
  const words = command.split(/\s+/);
  if (words[0] === "npm") {
    const script = (words[1] === "run" ? words.slice(2).find((word) => !word.startsWith("-")) : words[1]) ?? "";
    if (!scripts.includes(script)) return `no script ${script} in package.json`;
    const dashes = words.indexOf("--");
    return script === "start" ? refusalOf(["serve", ...(dashes === -1 ? [] : words.slice(dashes + 1))]) : null;
  }
  if (words[1] === "vitest") {
    const missing = words.slice(2).find((word) => word.includes("/") && !existsSync(join(root, word)));
    return missing === undefined ? null : `no ${missing}`;
  }
  return refusalOf(words.slice(words[0] === "sipulse" ? 1 : 2));
}

/** What the command line says when it does not take the arguments; `null` when it does. */
async function refusalOf(argv: readonly string[]): Promise<string | null> {
  const { exitCode, err } = await run(argv, { files: { "sipulse.yml": "", "web.yml": "" }, fetch: answerUl });
  return exitCode === 0 ? null : err.trim();
}

/** A daemon without contacts. */
const answerUl: typeof fetch = async (_url, init) => {
  const { id, method } = JSON.parse(String(init?.body)) as { id: unknown; method: string };
  const result = method === "ul.dump" ? { Domains: [] } : { AoR: "alice@example.org", Contacts: [] };
  return new Response(JSON.stringify({ jsonrpc: "2.0", result, id }), { status: 200 });
};

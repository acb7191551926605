/**
 * Places that documents point at: links, files, folders, HTTP paths.
 *
 * @module
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import type { Document } from "../../support/tidy/names.ts";
import type { Problem } from "../../support/tidy/source.ts";
import { anchors, codeBlocks, inlineCode, linkTargets } from "./markdown.ts";

/** A file or folder of the repository in inline code. */
const PLACE = /^(?:src|test|grafana|bench|scripts|docs)\/[\w./-]*$/;
/** `GET /metrics` in inline code, without its query. */
const REQUEST = /^(?:GET|POST) \/[^\s?]*/;
const LOCAL_URL = /\blocalhost:(\d+)(\/[^\s"'>?]*)?/g;
const ROUTE = /route\(app, "([^"]+)", "(GET|POST)"/g;

/** What an HTTP listener serves: `GET /metrics`. */
export interface Listener {
  readonly port: number;
  readonly requests: readonly string[];
}

/** Relative links to files or headings that do not exist. */
export function linkProblems(documents: readonly Document[], root: string): readonly Problem[] {
  return documents.flatMap(({ path, text }) =>
    linkTargets(text).flatMap(({ text: target, line }) => {
      if (/^[a-z]+:/.test(target)) return [];
      const [file = "", anchor] = target.split("#");
      const place = file === "" ? path : posix.join(posix.dirname(path), file);
      if (!existsSync(join(root, place))) return [{ path, line, advice: `links to ${place}, which does not exist` }];
      if (anchor === undefined || anchors(readFileSync(join(root, place), "utf8")).includes(anchor)) return [];
      return [{ path, line, advice: `links to ${place}, which has no heading #${anchor}` }];
    }),
  );
}

/** Files and folders in inline code that do not exist. */
export function placeProblems(documents: readonly Document[], root: string): readonly Problem[] {
  return documents.flatMap(({ path, text }) =>
    inlineCode(text)
      .filter(({ text: place }) => PLACE.test(place) && !existsSync(join(root, place)))
      .map(({ text: place, line }) => ({ path, line, advice: `${place} does not exist` })),
  );
}

/** Requests that no listener serves, and local URLs with the wrong port or path. */
export function requestProblems(documents: readonly Document[], listeners: readonly Listener[]): readonly Problem[] {
  const served = listeners.flatMap(({ requests }) => requests);
  return documents.flatMap(({ path, text }) => {
    const asked = inlineCode(text)
      .filter((code) => REQUEST.test(code.text))
      .filter((code) => !served.includes(REQUEST.exec(code.text)?.[0] ?? ""))
      .map((code) => ({ path, line: code.line, advice: `no listener serves ${code.text}` }));
    const urls = [...text.matchAll(LOCAL_URL)].flatMap((match) => {
      const [url, port, place = "/"] = match;
      const listener = listeners.find((one) => one.port === Number(port));
      const isServed = listener?.requests.some((request) => request.endsWith(` ${place}`)) ?? false;
      const line = text.slice(0, match.index).split("\n").length;
      return isServed ? [] : [{ path, line, advice: `nothing answers at ${url}` }];
    });
    return [...asked, ...urls];
  });
}

/** The requests that an HTTP application of ours answers, read from its source. */
export function requestsOf(sourceFile: string): readonly string[] {
  return [...readFileSync(sourceFile, "utf8").matchAll(ROUTE)].map(([, place, method]) => `${method} ${place}`);
}

/** Folders below `folder` that hold a file themselves, `/` at the end, in a fixed order. */
export function foldersWithFiles(root: string, folder: string): readonly string[] {
  const entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true, encoding: "utf8" });
  const folders = entries
    .filter((entry) => entry.isFile())
    .map((entry) => posix.relative(root, entry.parentPath.replaceAll("\\", "/")));
  return [...new Set(folders)].map((one) => `${one}/`).sort();
}

/** Words of fenced blocks in a language, for tools that read whole files. */
export function blocksOf(document: Document, language: string): readonly string[] {
  return codeBlocks(document.text)
    .filter((block) => block.language === language)
    .map(({ text }) => text);
}

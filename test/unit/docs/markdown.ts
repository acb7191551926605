/**
 * The little of Markdown that the documents use: code blocks, inline code, links, headings and tables.
 *
 * @module
 */

/** A fenced block. */
export interface CodeBlock {
  /** The word behind the fence; `""` without one. */
  readonly language: string;
  readonly text: string;
  /** Of the opening fence; 1 for the first line of the document. */
  readonly line: number;
}

/** A piece of text and where it stands. */
export interface Found {
  readonly text: string;
  readonly line: number;
}

const FENCED = /^```(\w*)\n([\s\S]*?)^```$/gm;

/** Every fenced block, in order. */
export function codeBlocks(markdown: string): readonly CodeBlock[] {
  return [...markdown.matchAll(FENCED)].map(({ 1: language = "", 2: text = "", index }) => ({
    language,
    text,
    line: lineAt(markdown, index),
  }));
}

/** Inline code outside of fenced blocks. */
export function inlineCode(markdown: string): readonly Found[] {
  return find(proseOf(markdown), /`([^`\n]+)`/g);
}

/** Targets of links, without images' or titles' sake: the documents have neither. */
export function linkTargets(markdown: string): readonly Found[] {
  return find(proseOf(markdown), /\]\(([^()\s]+)\)/g);
}

/** Anchors of the headings, as GitHub makes them. */
export function anchors(markdown: string): readonly string[] {
  return find(proseOf(markdown), /^#+ (.+)$/gm).map(({ text }) =>
    text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** Rows of all tables below the heading `title`, up to the next heading of any level; head rows left out. */
export function tableRows(markdown: string, title: string): ReadonlyArray<readonly string[]> {
  const lines = proseOf(markdown).split("\n");
  const start = lines.findIndex((line) => line.replace(/^#+ /, "") === title && line.startsWith("#"));
  const length = lines.slice(start + 1).findIndex((line) => line.startsWith("#"));
  const section = lines.slice(start + 1, length === -1 ? undefined : start + 1 + length);
  const isRule = (line: string | undefined): boolean => /^\|[-|]+\|$/.test(line ?? "");
  return start === -1
    ? []
    : section
        .filter((line, index) => line.startsWith("|") && !isRule(line) && !isRule(section[index + 1]))
        .map((line) =>
          line
            .slice(1, -1)
            .split("|")
            .map((cell) => cell.trim()),
        );
}

/** The document with fenced blocks blanked, every line where it was. */
function proseOf(markdown: string): string {
  return markdown.replaceAll(FENCED, (block) => block.replaceAll(/[^\n]/g, ""));
}

function find(text: string, pattern: RegExp): readonly Found[] {
  return [...text.matchAll(pattern)].map((match) => ({ text: match[1] ?? "", line: lineAt(text, match.index) }));
}

const lineAt = (text: string, index: number): number => text.slice(0, index).split("\n").length;

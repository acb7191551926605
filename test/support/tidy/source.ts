/**
 * Source files as the tidy test sees them: a path below `src/`, the text, the syntax tree and the imports.
 *
 * The trees come from the compiler API of TypeScript 6, because TypeScript 7 exports none.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import ts from "typescript-api";

/** One parsed file. */
export interface Source {
  /** Below `src/`, with forward slashes, e.g. `sip/syntax/scan.ts`. */
  readonly path: string;
  readonly text: string;
  readonly tree: ts.SourceFile;
}

/** What is wrong, where, and what to do about it. */
export interface Problem {
  readonly path: string;
  /** 1 for the first line. */
  readonly line: number;
  readonly advice: string;
}

/** One module that a file refers to; type-only, re-exported and dynamic imports included. */
export interface Import {
  /** As written, e.g. `../base/clock.ts` or `node:net`. */
  readonly specifier: string;
  /** The file below `src/` it means; `null` for a package or a built-in module. */
  readonly target: string | null;
  readonly line: number;
}

/** Parses `text` as if it were `src/<path>`. */
export function sourceOf(path: string, text: string): Source {
  return { path, text, tree: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS) };
}

/** Reads every `.ts` file below `folder`, in a fixed order. */
export function readSources(folder: string): readonly Source[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith(".ts"))
    .sort()
    .map((path) => sourceOf(path, readFileSync(join(folder, path), "utf8")));
}

/** The line `node` starts on, comments before it not counted. */
export function lineOf(source: Source, node: ts.Node): number {
  return source.tree.getLineAndCharacterOfPosition(node.getStart(source.tree)).line + 1;
}

/** Calls `visit` for every node of the file, parents first. */
export function walk(source: Source, visit: (node: ts.Node) => void): void {
  const step = (node: ts.Node): void => {
    visit(node);
    ts.forEachChild(node, step);
  };
  step(source.tree);
}

/** Everything `source` imports, in the order of the file. */
export function importsOf(source: Source): readonly Import[] {
  const imports: Import[] = [];
  walk(source, (node) => {
    const literal = specifierOf(node);
    if (literal === null) return;
    const specifier = literal.text;
    const target = specifier.startsWith(".") ? posix.join(posix.dirname(source.path), specifier) : null;
    imports.push({ specifier, target, line: lineOf(source, literal) });
  });
  return imports;
}

function specifierOf(node: ts.Node): ts.StringLiteralLike | null {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return literalOrNull(node.moduleSpecifier);
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return literalOrNull(node.argument.literal);
  if (!ts.isCallExpression(node)) return null;
  const isImport = node.expression.kind === ts.SyntaxKind.ImportKeyword;
  const isRequire = ts.isIdentifier(node.expression) && node.expression.text === "require";
  return isImport || isRequire ? literalOrNull(node.arguments[0]) : null;
}

function literalOrNull(node: ts.Node | undefined): ts.StringLiteralLike | null {
  return node !== undefined && ts.isStringLiteralLike(node) ? node : null;
}

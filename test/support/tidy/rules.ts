/**
 * What a single file must obey: time, randomness, units, console, sizes, headers and docstrings.
 *
 * Each rule returns problems whose text says what to write instead.
 *
 * @module
 */
import ts from "typescript-api";
import { lineOf, type Problem, type Source, walk } from "./source.ts";

/** Outer limits; the targets are lower (CONTRIBUTING.md). */
export const FILE_LINES_MAX = 400;
export const FUNCTION_LINES_MAX = 60;

/** The one folder that reads clocks and random numbers. */
const BASE = "base/";
/** The one file that converts units. */
const UNITS = "base/units.ts";

/** A use of the system's time that is right where it is; an exception nobody needs any more is a problem itself. */
export interface TimeException {
  readonly path: string;
  /** As it is reported, e.g. `setTimeout`. */
  readonly what: string;
  readonly because: string;
}

const TIMER_NAMES = ["setTimeout", "setInterval", "setImmediate"];
/** Objects of which every member is a clock. */
const CLOCK_OBJECTS = ["performance"];
const CLOCK_MEMBERS = ["Date.now", "process.hrtime", "process.uptime", "AbortSignal.timeout"];
const CLOCK_MODULES = ["node:timers", "node:timers/promises", "node:perf_hooks"];
const RANDOM_MEMBERS = ["Math.random", "crypto.randomUUID", "crypto.getRandomValues"];
const RANDOM_NAMES = ["randomBytes", "randomInt", "randomUUID", "randomFill", "randomFillSync", "getRandomValues"];
/** Factors between the units of time in use. */
const UNIT_FACTORS = [1e3, 1e6, 1e9, 1e-3, 1e-6, 1e-9];
const FACTOR_OPERATORS = [
  ts.SyntaxKind.AsteriskToken,
  ts.SyntaxKind.SlashToken,
  ts.SyntaxKind.AsteriskEqualsToken,
  ts.SyntaxKind.SlashEqualsToken,
];

/** Clocks and timers outside `base/`. */
export function timeProblems(
  sources: readonly Source[],
  exceptions: readonly TimeException[] = [],
): readonly Problem[] {
  const unused = new Set(exceptions);
  const found = sources.filter(({ path }) => !path.startsWith(BASE)).flatMap((source) => clockUses(source));
  const problems = found.filter(({ path, what }) => {
    const excused = exceptions.find((exception) => exception.path === path && exception.what === what);
    if (excused !== undefined) unused.delete(excused);
    return excused === undefined;
  });
  return [
    ...problems.map(({ path, line, what }) => ({ path, line, advice: `${what} (take a Clock, see base/clock.ts)` })),
    ...[...unused].map(({ path, what }) => ({ path, line: 1, advice: `${what} is excused but not used any more` })),
  ];
}

interface Use {
  readonly path: string;
  readonly line: number;
  readonly what: string;
}

function clockUses(source: Source): readonly Use[] {
  const uses: Use[] = [];
  walk(source, (node) => {
    for (const what of [...importedClocks(node), clockName(node)]) {
      if (what !== null) uses.push({ path: source.path, line: lineOf(source, node), what });
    }
  });
  return uses;
}

/** Names taken from a module of timers; the module itself when it is taken as a whole. */
function importedClocks(node: ts.Node): readonly string[] {
  if (!ts.isImportDeclaration(node) || !ts.isStringLiteral(node.moduleSpecifier)) return [];
  const { text: specifier } = node.moduleSpecifier;
  if (!CLOCK_MODULES.includes(specifier)) return [];
  const bindings = node.importClause?.namedBindings;
  if (bindings === undefined || !ts.isNamedImports(bindings)) return [specifier];
  return bindings.elements.map(({ propertyName, name }) => (propertyName ?? name).text);
}

function clockName(node: ts.Node): string | null {
  if (ts.isIdentifier(node) && TIMER_NAMES.includes(node.text) && isReference(node)) return node.text;
  const member = memberName(node);
  if (member !== null && (CLOCK_MEMBERS.includes(member) || CLOCK_OBJECTS.includes(member.split(".")[0] ?? ""))) {
    return member;
  }
  const isDate = ts.isNewExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === "Date";
  return isDate && (node.arguments?.length ?? 0) === 0 ? "new Date()" : null;
}

/** Random numbers that no test can repeat. */
export function randomProblems(source: Source): readonly Problem[] {
  if (source.path.startsWith(BASE)) return [];
  return problemsAt(source, (node) => {
    const member = memberName(node);
    const isImported = ts.isImportSpecifier(node) && RANDOM_NAMES.includes((node.propertyName ?? node.name).text);
    if (!isImported && (member === null || !RANDOM_MEMBERS.includes(member))) return null;
    return `${isImported ? node.getText(source.tree) : member} (take a Random, see base/random.ts)`;
  });
}

/** Factors of 1,000 outside `base/units.ts`. */
export function unitProblems(source: Source): readonly Problem[] {
  if (source.path === UNITS) return [];
  return problemsAt(source, (node) => {
    if (!ts.isBinaryExpression(node) || !FACTOR_OPERATORS.includes(node.operatorToken.kind)) return null;
    const factor = [node.left, node.right].find(isUnitFactor);
    const operator = node.operatorToken.getText(source.tree);
    return factor === undefined ? null : `${operator} ${factor.getText(source.tree)} (add a conversion to ${UNITS})`;
  });
}

function isUnitFactor(node: ts.Expression): boolean {
  if (ts.isParenthesizedExpression(node)) return isUnitFactor(node.expression);
  if (!ts.isNumericLiteral(node) && !ts.isBigIntLiteral(node)) return false;
  return UNIT_FACTORS.includes(Number(node.text.replace(/n$/, "").replaceAll("_", "")));
}

/** Output that bypasses the log. */
export function consoleProblems(source: Source): readonly Problem[] {
  return problemsAt(source, (node) => {
    const member = memberName(node);
    return member?.startsWith("console.") ? `${member} (take a Log, or write to process.stdout in cli/)` : null;
  });
}

/** Files and functions beyond the outer limits. */
export function sizeProblems(source: Source): readonly Problem[] {
  const { path, tree } = source;
  const problems: Problem[] = [];
  const fileLines = source.text.replace(/\n$/, "").split("\n").length;
  if (fileLines > FILE_LINES_MAX) {
    problems.push({
      path,
      line: FILE_LINES_MAX + 1,
      advice: `${fileLines} lines, at most ${FILE_LINES_MAX} (split it)`,
    });
  }
  walk(source, (node) => {
    if (!ts.isFunctionLike(node) || !("body" in node) || node.body === undefined) return;
    const line = lineOf(source, node);
    const lines = tree.getLineAndCharacterOfPosition(node.getEnd()).line + 2 - line;
    if (lines <= FUNCTION_LINES_MAX) return;
    const name = ts.isConstructorDeclaration(node) ? "the constructor" : (node.name?.getText(tree) ?? "the function");
    problems.push({ path, line, advice: `${name} has ${lines} lines, at most ${FUNCTION_LINES_MAX} (extract a step)` });
  });
  return problems;
}

/** Modules that do not say what they are for. */
export function headerProblems(source: Source): readonly Problem[] {
  const text = source.text.replace(/^#!.*\n/, "");
  const header = /^\/\*\*([\s\S]*?)\*\//.exec(text)?.[1];
  const words = header?.replaceAll(/@module|\*/g, "").trim() ?? "";
  if (header?.includes("@module") && words !== "") return [];
  return [{ path: source.path, line: 1, advice: "must open with /** what it is for, what it leaves out. @module */" }];
}

/** Exported functions, classes and interfaces without a docstring. */
export function docstringProblems(source: Source): readonly Problem[] {
  const implemented = new Set<string>();
  return source.tree.statements.flatMap((statement) => {
    const name = exportedName(statement);
    // Of overloads the first one carries the docstring.
    if (name === null || implemented.has(name)) return [];
    implemented.add(name);
    if (isDocumented(source, statement)) return [];
    const advice = `${name} needs a docstring: unit, range, RFC, what is thrown, what null means`;
    return [{ path: source.path, line: lineOf(source, statement), advice }];
  });
}

/** A comment of its own: the module header in front of the first statement is not one. */
function isDocumented(source: Source, statement: ts.Statement): boolean {
  return ts
    .getJSDocCommentsAndTags(statement)
    .some((comment) => !comment.getText(source.tree).includes("@module") && ts.isJSDoc(comment));
}

function exportedName(statement: ts.Statement): string | null {
  if (!ts.canHaveModifiers(statement)) return null;
  const isExported = ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false;
  if (!isExported) return null;
  if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement) || ts.isInterfaceDeclaration(statement)) {
    return statement.name?.text ?? "the default export";
  }
  if (!ts.isVariableStatement(statement)) return null;
  const made = statement.declarationList.declarations[0];
  const value = made?.initializer;
  const isFunction = value !== undefined && (ts.isArrowFunction(value) || ts.isFunctionExpression(value));
  return isFunction ? (made?.name.getText() ?? null) : null;
}

function problemsAt(source: Source, adviceFor: (node: ts.Node) => string | null): readonly Problem[] {
  const problems: Problem[] = [];
  walk(source, (node) => {
    const advice = adviceFor(node);
    if (advice !== null) problems.push({ path: source.path, line: lineOf(source, node), advice });
  });
  return problems;
}

/** `object.member` of two plain names, `globalThis.` dropped; `null` for anything else. */
function memberName(node: ts.Node): string | null {
  if (!ts.isPropertyAccessExpression(node)) return null;
  const { expression: object, name } = node;
  if (ts.isIdentifier(object)) return `${object.text}.${name.text}`;
  return ts.isPropertyAccessExpression(object) && object.getText() === `globalThis.${object.name.text}`
    ? `${object.name.text}.${name.text}`
    : null;
}

/** Whether an identifier refers to the global: not a property of another object, not a key, not a declared name. */
function isReference(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) && parent.name === node)
    return parent.expression.getText() === "globalThis";
  if (ts.isTypeQueryNode(parent) || ts.isImportSpecifier(parent)) return false;
  const isNamed = "name" in parent && parent.name === node;
  return !isNamed || ts.isShorthandPropertyAssignment(parent);
}

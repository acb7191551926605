/**
 * Names in dashboards and documents: only metrics and settings that exist may be mentioned.
 *
 * @module
 */
import { parse } from "yaml";
import type { Problem } from "./source.ts";

/** A file people read or a dashboard people look at. */
export interface Document {
  /** Below the repository, e.g. `docs/CONFIGURATION.md`. */
  readonly path: string;
  readonly text: string;
}

/** A metric as dashboards may name it. */
export interface MetricName {
  readonly name: string;
  /** Whether `_bucket`, `_count` and `_sum` exist too. */
  readonly isHistogram: boolean;
}

/** A metric of ours, or the start of a family: `sip_keepalive_*`. */
const METRIC = /(?<![\w/.-])sip_[a-z0-9_]+\*?/g;
/** What Prometheus appends to the name of a classic histogram. */
const HISTOGRAM_SUFFIXES = ["_bucket", "_count", "_sum"];

/** Mentions of metrics that the catalogue does not have. */
export function metricProblems(documents: readonly Document[], metrics: readonly MetricName[]): readonly Problem[] {
  const known = metrics.flatMap(({ name, isHistogram }) =>
    isHistogram ? [name, ...HISTOGRAM_SUFFIXES.map((suffix) => name + suffix)] : [name],
  );
  const exists = (mention: string): boolean => {
    const stem = mention.replace(/\*$/, "");
    // `sip_keepalive_*` and, where a table writes it so, `sip_keepalive_`.
    return stem.endsWith("_") ? known.some((name) => name.startsWith(stem)) : known.includes(stem);
  };
  return mentions(documents, METRIC, (words) => words)
    .filter(({ word }) => !exists(word))
    .map(({ path, line, word }) => ({ path, line, advice: `no metric ${word} in src/instruments/catalogue.ts` }));
}

/** A setting in backticks, as a flag, or as an environment variable. */
const QUOTED = /`([a-z]+(?:\.[a-z0-9_]+)+)`/g;
const FLAG = /(?<!\S)--([a-z]+(?:\.[a-z0-9_]+)+)/g;
const VARIABLE = /\bSIPULSE_([A-Z0-9_]+)\b/g;
/** Backticked names with these endings are files. */
const FILE_NAME = /\.(ts|mjs|js|json|ya?ml|md|db|py|sh|cfg|html|css|pem|lock)$/;

/**
 * Mentions of settings that the schema does not have.
 *
 * @param settings every key, e.g. `keepalive.interval`
 * @param others names of the same form that are not settings, e.g. OpenTelemetry names
 */
export function settingProblems(
  documents: readonly Document[],
  settings: readonly string[],
  others: readonly string[] = [],
): readonly Problem[] {
  const sections = new Set(settings.map((key) => key.split(".")[0]));
  const groups = new Set(settings.flatMap((key) => [key, ...prefixesOf(key)]));
  const variables = new Set(settings.map((key) => key.replaceAll(".", "_").toUpperCase()));
  const isOurs = (key: string): boolean =>
    sections.has(key.split(".")[0]) && !FILE_NAME.test(key) && !others.includes(key);
  return [
    ...mentions(documents, QUOTED).filter(({ word }) => isOurs(word) && !groups.has(word)),
    ...mentions(documents, FLAG).filter(({ word }) => !settings.includes(word)),
    ...mentions(documents, VARIABLE).filter(({ word }) => !variables.has(word) && !others.includes(word)),
    ...yamlMentions(documents, sections).filter(({ word }) => !groups.has(word)),
  ].map(({ path, line, word }) => ({ path, line, advice: `no setting ${word} in src/config/schema.ts` }));
}

/** `a.b.c` -> `a`, `a.b`. */
function prefixesOf(key: string): readonly string[] {
  const words = key.split(".");
  return words.slice(1).map((_, index) => words.slice(0, index + 1).join("."));
}

interface Mention {
  readonly path: string;
  readonly line: number;
  readonly word: string;
}

function mentions(
  documents: readonly Document[],
  pattern: RegExp,
  pick: (whole: string, first: string | undefined) => string = (whole, first) => first ?? whole,
): readonly Mention[] {
  return documents.flatMap(({ path, text }) =>
    [...text.matchAll(pattern)].map((match) => ({
      path,
      line: lineAt(text, match.index),
      word: pick(match[0], match[1]),
    })),
  );
}

const lineAt = (text: string, index: number): number => text.slice(0, index).split("\n").length;

const YAML_BLOCK = /^```ya?ml\n([\s\S]*?)^```/gm;

/** Keys of fenced YAML whose top level holds nothing but sections of the configuration. */
function yamlMentions(documents: readonly Document[], sections: ReadonlySet<string | undefined>): readonly Mention[] {
  return mentions(documents, YAML_BLOCK).flatMap(({ path, line, word: yaml }) => {
    const keys = leafKeys(parse(yaml));
    const isConfiguration = keys.length > 0 && keys.every((key) => sections.has(key.split(".")[0]));
    return isConfiguration ? keys.map((word) => ({ path, line, word })) : [];
  });
}

function leafKeys(value: unknown, prefix = ""): readonly string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return prefix === "" ? [] : [prefix];
  return Object.entries(value).flatMap(([key, inner]) => leafKeys(inner, prefix === "" ? key : `${prefix}.${key}`));
}

/**
 * A strict reader of OpenMetrics 1.0: refuses whatever the specification forbids, where scrapers look away.
 *
 * Knows the types this program writes. Left out: timestamps of samples, and the types info, stateset, summary and
 * gaugehistogram.
 *
 * @module
 */
import { type LineLabels, numberOf, parseSampleLine, type SampleLine, undoEscapes } from "./sample-line.ts";

/** One metric family. */
export interface OpenMetricsFamily {
  /** Without `_total`. */
  readonly name: string;
  readonly type: string;
  readonly unit: string;
  readonly help: string;
  readonly samples: readonly SampleLine[];
}

/** Names of samples are the family's with one of these behind it. */
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: ["_total", "_created"],
  gauge: [""],
  histogram: ["_bucket", "_count", "_sum", "_created"],
};
/** Samples that may carry an exemplar. */
const WITH_EXEMPLAR = /_(?:bucket|total)$/;
const EXEMPLAR_CHARACTERS_MAX = 128;
/** Go's `%g`, with `.0` where nothing else says that it is a float. */
const CANONICAL = /^(?:\+Inf|-?(?:\d+\.\d+|\d(?:\.\d+)?e[+-]\d\d+))$/;
const DESCRIPTOR = /^# (HELP|TYPE|UNIT) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)$/s;
/** A quote or a backslash in a help text is escaped too. */
const HELP = /^(?:[^\\"]|\\[\\"n])*$/s;

/** @throws {SyntaxError} with the line that breaks a rule, and the rule */
export function parseOpenMetrics(body: string): readonly OpenMetricsFamily[] {
  const reader = new Reader();
  const lines = body.split("\n");
  if (lines.pop() !== "" || lines.pop() !== "# EOF") throw new SyntaxError("the body must end with # EOF");
  lines.forEach((line, i) => {
    try {
      reader.line(line);
    } catch (error) {
      throw new SyntaxError(`line ${i + 1}: ${(error as Error).message}`, { cause: error });
    }
  });
  return reader.finish();
}

interface OpenFamily {
  readonly name: string;
  readonly descriptors: Map<string, string>;
  readonly samples: SampleLine[];
  /** Label sets in the order they came, `le` not among them. */
  readonly metrics: string[];
}

class Reader {
  readonly #families: OpenFamily[] = [];
  readonly #series = new Set<string>();

  line(line: string): void {
    if (line === "") throw new SyntaxError("empty lines are not allowed");
    if (line.startsWith("#")) this.#descriptor(line);
    else this.#sample(parseSampleLine(line));
  }

  finish(): readonly OpenMetricsFamily[] {
    this.#checkClashes();
    return this.#families.map((family) => {
      const { name, descriptors, samples } = family;
      const type = descriptors.get("TYPE") ?? "unknown";
      if (type === "histogram") checkHistograms(family);
      return { name, type, unit: descriptors.get("UNIT") ?? "", help: descriptors.get("HELP") ?? "", samples };
    });
  }

  #descriptor(line: string): void {
    const [, word = "", name = "", text = ""] = DESCRIPTOR.exec(line) ?? [];
    if (word === "") throw new SyntaxError(`not a descriptor, and there are no other comments: ${line}`);
    const family = this.#open(name);
    if (family.descriptors.has(word)) throw new SyntaxError(`${word} of ${name} twice`);
    if (family.samples.length > 0) throw new SyntaxError(`${word} of ${name} after its samples`);
    if (word === "TYPE" && SUFFIXES[text] === undefined) throw new SyntaxError(`no such type: ${text}`);
    if (word === "UNIT" && !name.endsWith(`_${text}`)) throw new SyntaxError(`${name} does not end with _${text}`);
    if (word === "HELP" && !HELP.test(text))
      throw new SyntaxError(`quotes and backslashes are escaped in HELP: ${text}`);
    family.descriptors.set(word, word === "HELP" ? undoEscapes(text) : text);
  }

  /** The family of that name: the last one, or a new one. */
  #open(name: string): OpenFamily {
    const last = this.#families.at(-1);
    if (last?.name === name) return last;
    if (this.#families.some((family) => family.name === name)) throw new SyntaxError(`${name} is interleaved`);
    const family = { name, descriptors: new Map(), samples: [], metrics: [] };
    this.#families.push(family);
    return family;
  }

  #sample(sample: SampleLine): void {
    const family = this.#families.at(-1);
    const type = family?.descriptors.get("TYPE");
    if (family === undefined || type === undefined) throw new SyntaxError(`${sample.name} has no TYPE`);
    if (!SUFFIXES[type]?.some((suffix) => sample.name === family.name + suffix)) {
      throw new SyntaxError(`${sample.name} is no sample of the ${type} ${family.name}`);
    }
    this.#checkOnce(sample);
    checkGrouping(family, sample);
    checkValue(type, sample);
    checkExemplar(sample);
    family.samples.push(sample);
  }

  #checkOnce({ name, labels }: SampleLine): void {
    const series = name + keyOf(labels);
    if (this.#series.has(series)) throw new SyntaxError(`a series twice: ${series.slice(0, 200)}`);
    this.#series.add(series);
  }

  /** No name of a sample may be that of another family, whether it occurs or not. */
  #checkClashes(): void {
    const owners = new Map<string, string>();
    for (const { name, descriptors } of this.#families) {
      for (const suffix of ["", ...(SUFFIXES[descriptors.get("TYPE") ?? ""] ?? [])]) {
        const owner = owners.get(name + suffix);
        if (owner !== undefined && owner !== name) throw new SyntaxError(`${owner} and ${name} share ${name}${suffix}`);
        owners.set(name + suffix, name);
      }
    }
  }
}

const keyOf = (labels: LineLabels): string => JSON.stringify([...labels].sort());
const withoutBound = (labels: LineLabels): LineLabels => labels.filter(([name]) => name !== "le");

function checkGrouping({ metrics }: OpenFamily, { labels }: SampleLine): void {
  const metric = keyOf(withoutBound(labels));
  if (metrics.at(-1) === metric) return;
  if (metrics.includes(metric)) throw new SyntaxError(`samples of ${metric.slice(0, 200)} are not together`);
  metrics.push(metric);
}

function checkValue(type: string, { name, labels, value }: SampleLine): void {
  const isBucket = name.endsWith("_bucket") && type === "histogram";
  const bounds = labels.filter(([label]) => label === "le").map(([, bound]) => bound);
  if (bounds.length !== (isBucket ? 1 : 0)) throw new SyntaxError(`${name} with ${bounds.length} bounds`);
  if (isBucket && !CANONICAL.test(bounds[0] ?? "")) throw new SyntaxError(`not a canonical number: le="${bounds[0]}"`);
  const isCount = isBucket || name.endsWith("_count");
  if (type === "histogram" && isCount && !/^\d+$/.test(value)) throw new SyntaxError(`${name} is no count: ${value}`);
  if (type === "counter" && !(numberOf(value) >= 0)) throw new SyntaxError(`a counter must not be ${value}`);
}

function checkExemplar({ name, exemplar }: SampleLine): void {
  if (exemplar === null) return;
  if (!WITH_EXEMPLAR.test(name)) throw new SyntaxError(`${name} may not have an exemplar`);
  const characters = exemplar.labels.flat().reduce((sum, text) => sum + Array.from(text).length, 0);
  if (characters > EXEMPLAR_CHARACTERS_MAX) throw new SyntaxError(`an exemplar with ${characters} characters`);
}

/** Buckets ascend in bound and count and end with +Inf, which equals the count; count and sum come together. */
function checkHistograms({ name, samples, metrics }: OpenFamily): void {
  for (const metric of metrics) {
    const own = samples.filter(({ labels }) => keyOf(withoutBound(labels)) === metric);
    const of = (suffix: string) => own.filter((sample) => sample.name === name + suffix);
    const bounds = of("_bucket").map(({ labels }) => numberOf(labels.find(([label]) => label === "le")?.[1] ?? ""));
    const counts = of("_bucket").map(({ value }) => Number(value));
    const isAscending = (values: readonly number[]) =>
      values.every((value, i) => i === 0 || value >= (values[i - 1] ?? 0));
    if (!isAscending(bounds) || new Set(bounds).size < bounds.length)
      throw new SyntaxError(`bounds of ${name}: ${bounds}`);
    if (!isAscending(counts)) throw new SyntaxError(`${name} is not cumulative: ${counts}`);
    if (bounds.at(-1) !== Number.POSITIVE_INFINITY) throw new SyntaxError(`${name} has no bucket for +Inf`);
    const [count, sum] = [of("_count"), of("_sum")];
    if (count.length !== 1 || sum.length !== 1) throw new SyntaxError(`${name} needs one count and one sum`);
    if (Number(count[0]?.value) !== counts.at(-1)) throw new SyntaxError(`the count of ${name} is not that of +Inf`);
  }
}

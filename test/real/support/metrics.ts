/**
 * The samples of a `/metrics` page in the text format 0.0.4, for tests that want numbers out of it.
 *
 * Knows just enough: names, labels, values. Whether the page is well-formed is promtool's business.
 *
 * @module
 */

/** One line of the page. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** All samples of a page. */
export class Samples {
  readonly all: readonly Sample[];

  constructor(text: string) {
    this.all = text
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map(sampleOf);
  }

  /** Samples of that name whose labels include these. */
  of(name: string, labels: Readonly<Record<string, string>> = {}): readonly Sample[] {
    const wanted = Object.entries(labels);
    return this.all.filter((sample) => sample.name === name && wanted.every(([key, v]) => sample.labels[key] === v));
  }

  /** Their sum; 0 when there are none. */
  sum(name: string, labels: Readonly<Record<string, string>> = {}): number {
    return this.of(name, labels).reduce((sum, { value }) => sum + value, 0);
  }
}

function sampleOf(line: string): Sample {
  const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
  if (match === null) throw new SyntaxError(`not a sample: ${line}`);
  const labels = [...(match[2] ?? "").matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, value]) => [key, value]);
  return { name: match[1] ?? "", labels: Object.fromEntries(labels), value: numberOf(match[3] ?? "") };
}

const numberOf = (text: string): number => Number(text.replace(/^([+-]?)Inf$/, "$1Infinity"));

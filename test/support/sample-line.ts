/**
 * One line of either text format, read by its grammar and not by a hopeful pattern.
 *
 * @module
 */

/** Labels in the order of the line, escapes undone. */
export type LineLabels = readonly (readonly [name: string, value: string])[];

/** A line that is no comment. */
export interface SampleLine {
  readonly name: string;
  readonly labels: LineLabels;
  /** As written. */
  readonly value: string;
  /** OpenMetrics only; `null` without one. */
  readonly exemplar: { readonly labels: LineLabels; readonly value: string; readonly timestamp: string | null } | null;
}

const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const LABEL_NAME = /[a-zA-Z_][a-zA-Z0-9_]*/y;
/** `realnumber` of OpenMetrics 1.0, and what both formats know besides. */
const NUMBER = /NaN|[+-]Inf|[+-]?[0-9]+(?:\.[0-9]*)?(?:e[+-]?[0-9]+)?/y;

/** @throws {SyntaxError} naming the column when the line is not a sample */
export function parseSampleLine(line: string): SampleLine {
  const cursor = new Cursor(line);
  const name = cursor.take(NAME, "a metric name");
  const labels = cursor.peek() === "{" ? cursor.labels() : [];
  cursor.literal(" ");
  const value = cursor.take(NUMBER, "a value");
  if (cursor.isDone) return { name, labels, value, exemplar: null };
  cursor.literal(" # ");
  const exemplarLabels = cursor.labels();
  cursor.literal(" ");
  const exemplarValue = cursor.take(NUMBER, "a value");
  let timestamp: string | null = null;
  if (!cursor.isDone) {
    cursor.literal(" ");
    timestamp = cursor.take(NUMBER, "a timestamp");
  }
  cursor.end();
  return { name, labels, value, exemplar: { labels: exemplarLabels, value: exemplarValue, timestamp } };
}

/** The number behind `NUMBER`. */
export const numberOf = (text: string): number => Number(text.replace(/^([+-])Inf$/, "$1Infinity"));

/**
 * Undoes `\\`, `\n` and `\"`.
 *
 * @throws {SyntaxError} on any other escape
 */
export function undoEscapes(text: string): string {
  return text.replace(/\\(.?)/gs, (whole, escaped: string) => {
    if (escaped === "n") return "\n";
    if (escaped === "\\" || escaped === '"') return escaped;
    throw new SyntaxError(`no such escape: ${whole}`);
  });
}

class Cursor {
  readonly #line: string;
  #at = 0;

  constructor(line: string) {
    this.#line = line;
  }

  get isDone(): boolean {
    return this.#at === this.#line.length;
  }

  peek(): string {
    return this.#line[this.#at] ?? "";
  }

  take(pattern: RegExp, what: string): string {
    pattern.lastIndex = this.#at;
    const [text] = pattern.exec(this.#line) ?? this.#refuse(what);
    this.#at += text.length;
    return text;
  }

  literal(text: string): void {
    if (!this.#line.startsWith(text, this.#at)) this.#refuse(JSON.stringify(text));
    this.#at += text.length;
  }

  end(): void {
    if (!this.isDone) this.#refuse("the end of the line");
  }

  /** `{a="b",c="d"}`; a comma after the last one is not for us. */
  labels(): LineLabels {
    const labels: [string, string][] = [];
    this.literal("{");
    while (this.peek() !== "}") {
      if (labels.length > 0) this.literal(",");
      const name = this.take(LABEL_NAME, "a label name");
      this.literal('="');
      labels.push([name, this.#quoted()]);
    }
    this.literal("}");
    const names = labels.map(([name]) => name);
    if (new Set(names).size < names.length) throw new SyntaxError(`a label twice: ${names.join()}`);
    return labels;
  }

  #quoted(): string {
    let end = this.#at;
    while (end < this.#line.length && this.#line[end] !== '"') end += this.#line[end] === "\\" ? 2 : 1;
    if (end >= this.#line.length) this.#refuse("a closing quote");
    const value = undoEscapes(this.#line.slice(this.#at, end));
    this.#at = end + 1;
    return value;
  }

  #refuse(wanted: string): never {
    throw new SyntaxError(`column ${this.#at + 1}: expected ${wanted} in ${this.#line.slice(0, 200)}`);
  }
}

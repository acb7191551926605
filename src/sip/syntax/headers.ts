/**
 * The headers of one message: an index of names and positions; values are cut out of the text when asked for.
 *
 * Names are canonical: the lower-case long form ("call-id" for `i`, `Call-ID` and `CALL-ID`). Values are latin1, unfolded
 * (RFC 3261 §7.3.1) and trimmed. They are slices that keep the whole message alive: `detach()` what outlives it.
 *
 * @module
 */
import { BACKSLASH, COMMA, GREATER, HT, LESS, QUOTE, SP, sliceTrimmed } from "./chars.ts";
import { isSameName, nameNumber, UNKNOWN_NAME } from "./header-names.ts";

/** Where the headers of a message stand; filled while the message is scanned. */
export interface HeaderIndex {
  /** Four numbers per header line: number of the name, first octet of the line, the colon, end of the last line. */
  readonly lines: number[];
  /** Whether any line is folded. */
  isFolded: boolean;
  /** Canonical name of the first header that occurs twice and may not; `null` when there is none. */
  duplicate: string | null;
}

/** Numbers per header line in `HeaderIndex.lines`. */
const STRIDE = 4;

/** Headers in the order received. Lookups are linear: a message has eleven of them, and never more than 128. */
export class Headers {
  readonly #text: string;
  readonly #index: HeaderIndex;

  constructor(text: string, index: HeaderIndex) {
    this.#text = text;
    this.#index = index;
  }

  /** Value of the first header line of this name; `null` when there is none. */
  first(name: string): string | null {
    const line = this.#find(name, nameNumber(name), 0);
    return line < 0 ? null : this.#value(line);
  }

  /** Whether there is a header line of this name. */
  has(name: string): boolean {
    return this.#find(name, nameNumber(name), 0) >= 0;
  }

  /** Values of all header lines of this name, one per line. */
  all(name: string): readonly string[] {
    const number = nameNumber(name);
    const values: string[] = [];
    for (let line = this.#find(name, number, 0); line >= 0; line = this.#find(name, number, line + STRIDE)) {
      values.push(this.#value(line));
    }
    return values;
  }

  /**
   * Values of all header lines of this name as one list, split at commas outside quotes and `<>` (RFC 3261 §7.3.1).
   * Not for the four authentication headers and Date, whose commas mean something else.
   */
  list(name: string): readonly string[] {
    const number = nameNumber(name);
    const values: string[] = [];
    for (let line = this.#find(name, number, 0); line >= 0; line = this.#find(name, number, line + STRIDE)) {
      splitList(this.#value(line), values);
    }
    return values;
  }

  /** Number of header lines of this name. */
  count(name: string): number {
    const number = nameNumber(name);
    let count = 0;
    for (let line = this.#find(name, number, 0); line >= 0; line = this.#find(name, number, line + STRIDE)) count++;
    return count;
  }

  /** Canonical name of the first header that occurs twice and may not (RFC 3261 §7.3.1); `null` when there is none. */
  get duplicate(): string | null {
    return this.#index.duplicate;
  }

  /** Octet behind the colon of the first line of this name; 0 when there is none. */
  offsetOf(name: string): number {
    const line = this.#find(name, nameNumber(name), 0);
    return line < 0 ? 0 : (this.#index.lines[line + 2] as number) + 1;
  }

  /** Position in `lines` of the next header of this name, from `start` on; -1 when there is none. */
  #find(name: string, number: number, start: number): number {
    const { lines } = this.#index;
    for (let line = start; line < lines.length; line += STRIDE) {
      if (lines[line] !== number) continue;
      if (number !== UNKNOWN_NAME || this.#isNamed(line, name)) return line;
    }
    return -1;
  }

  #isNamed(line: number, name: string): boolean {
    const start = this.#index.lines[line + 1] as number;
    const colon = this.#index.lines[line + 2] as number;
    return isSameName(name, this.#text, start, endOfName(this.#text, start, colon));
  }

  #value(line: number): string {
    const { lines, isFolded } = this.#index;
    const value = sliceTrimmed(this.#text, (lines[line + 2] as number) + 1, lines[line + 3]);
    return isFolded ? unfold(value) : value;
  }
}

/** End of the name that stands before the colon: white space between the two is allowed (RFC 3261 §7.3.1). */
export function endOfName(text: string, start: number, colon: number): number {
  let end = colon;
  while (end > start && (text.charCodeAt(end - 1) === SP || text.charCodeAt(end - 1) === HT)) end--;
  return end;
}

/** Undoes folding: a line end with the white space around it equals one SP. */
function unfold(value: string): string {
  if (!value.includes("\r\n")) return value;
  return sliceTrimmed(
    value
      .split("\r\n")
      .map((line) => sliceTrimmed(line))
      .join(" "),
  );
}

/**
 * Splits a header value at its top-level commas and appends the trimmed parts to `values`.
 *
 * An empty value adds nothing; an empty element between commas stays, so that its reader can refuse it. A quote or `<`
 * that is not closed reaches to the end.
 */
export function splitList(value: string, values: string[]): void {
  if (value.length === 0) return;
  if (!value.includes(",")) {
    values.push(value);
    return;
  }
  let start = 0;
  let closing = 0; // The character that ends the current quote or <>; 0 outside.
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (closing !== 0) {
      if (code === BACKSLASH && closing === QUOTE) i++;
      else if (code === closing) closing = 0;
    } else if (code === QUOTE) closing = QUOTE;
    else if (code === LESS) closing = GREATER;
    else if (code === COMMA) {
      values.push(sliceTrimmed(value, start, i));
      start = i + 1;
    }
  }
  values.push(sliceTrimmed(value, start));
}

/**
 * Text in aligned columns, for a terminal.
 *
 * @module
 */
import { printable } from "../base/log.ts";

/** One column. */
export interface Column {
  readonly title: string;
  /** Numbers stand to the right, so that digits line up. */
  readonly isRight?: boolean;
}

/** Two spaces between columns; what came off the network is made safe to print. */
const GAP = "  ";

/** The table with its head line; every line ends with a line feed and without spaces before it. */
export function alignedTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const lines = [columns.map(({ title }) => title), ...rows.map((row) => row.map(printable))];
  const widths = columns.map((_, index) =>
    lines.reduce((width, line) => Math.max(width, (line[index] ?? "").length), 0),
  );
  return lines
    .map(
      (line) =>
        `${columns
          .map((column, index) => cell(column, line[index] ?? "", widths[index] ?? 0))
          .join(GAP)
          .trimEnd()}\n`,
    )
    .join("");
}

const cell = ({ isRight }: Column, text: string, width: number): string =>
  isRight === true ? text.padStart(width) : text.padEnd(width);

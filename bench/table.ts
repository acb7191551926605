/**
 * The table as text, for a terminal or a chat.
 *
 * @module
 */
import { formatFigure, type Unit } from "./figures.ts";
import type { Cell, Row } from "./rows.ts";
import { describeTarget, type Verdict } from "./targets.ts";

const HEAD = ["", "sipulse", "Kamailio", "ratio", "target", "verdict"] as const;
/** Numbers are read from the right, words from the left. */
const RIGHT_ALIGNED = [false, true, true, true, false, false] as const;
const GAP = "  ";

/** Loud where a person should look. */
const VERDICT_TEXTS: Readonly<Record<Verdict, string>> = {
  met: "met",
  missed: "MISSED",
  unknown: "NOT MEASURED",
  "no target": "",
};

/** Columns that line up; one line per row, and one for the head. */
export function printTable(rows: readonly Row[]): string {
  const cells = [HEAD, ...rows.map(cellsOf)];
  const widths = HEAD.map((_, column) => Math.max(...cells.map((line) => (line[column] ?? "").length)));
  const lines = cells.map((line) =>
    line
      .map((text, column) => {
        const width = widths[column] ?? 0;
        return RIGHT_ALIGNED[column] ? text.padStart(width) : text.padEnd(width);
      })
      .join(GAP)
      .trimEnd(),
  );
  return `${lines.join("\n")}\n`;
}

function cellsOf({ what, unit, own, peer, ratio, target, verdict }: Row): readonly string[] {
  return [
    what,
    cellText(own, unit),
    cellText(peer, unit),
    ratio === null ? "-" : formatFigure(ratio, "x"),
    describeTarget(target, unit),
    VERDICT_TEXTS[verdict],
  ];
}

function cellText({ value, absence }: Cell, unit: Unit): string {
  if (value !== null) return formatFigure(value, unit);
  return absence === null || absence === "nothing to compare" ? "-" : absence;
}

/** E.g. `31 met, 2 MISSED, 1 NOT MEASURED`. */
export function countVerdicts(rows: readonly Row[]): string {
  const count = (verdict: Verdict): number => rows.filter((row) => row.verdict === verdict).length;
  return (["met", "missed", "unknown"] as const)
    .map((verdict) => `${count(verdict)} ${VERDICT_TEXTS[verdict]}`)
    .join(", ");
}

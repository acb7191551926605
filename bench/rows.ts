/**
 * From samples to rows: medians, ratios and verdicts.
 *
 * @module
 */
import { median, ratioOf } from "./figures.ts";
import type { Measurement, RowSpec, Sample, ServerName } from "./measurement.ts";
import { judge, type Verdict } from "./targets.ts";

/** What one server has to say in one row. */
export interface Cell {
  /** Median over the runs; `null` when there is no figure. */
  readonly value: number | null;
  /** The figure of each run, in order. */
  readonly runs: readonly (number | null)[];
  /** Why there is no figure: it was not tried, it was tried in vain, or nothing compares. */
  readonly absence: "not here" | "not measured" | "nothing to compare" | null;
}

/** One line of the table. */
export interface Row extends RowSpec {
  readonly measurement: string;
  readonly own: Cell;
  readonly peer: Cell;
  /** Our figure as a multiple of the peer's; `null` when one is missing or the peer's is 0. */
  readonly ratio: number | null;
  readonly verdict: Verdict;
}

/** The rows of all measurements, in order. @param isPeerHere whether the peer could have been measured */
export function rowsOf(plan: readonly Measurement[], samples: readonly Sample[], isPeerHere: boolean): readonly Row[] {
  return plan.flatMap((measurement) =>
    measurement.rows.map((spec): Row => {
      const valuesOf = (server: ServerName): readonly (number | null)[] =>
        samples
          .filter((sample) => sample.measurement === measurement.name && sample.server === server)
          .map(({ figures }) => figures[spec.figure] ?? null);
      const own = cellOf(valuesOf("sipulse"), "not measured");
      const peerAbsence = measurement.peer === null ? "nothing to compare" : isPeerHere ? "not measured" : "not here";
      const peer = cellOf(valuesOf("kamailio"), peerAbsence);
      return {
        ...spec,
        measurement: measurement.name,
        own,
        peer,
        ratio: ratioOf(own.value, peer.value),
        verdict: judge(spec.target, own.value, peer.value),
      };
    }),
  );
}

function cellOf(runs: readonly (number | null)[], absence: NonNullable<Cell["absence"]>): Cell {
  const value = median(runs);
  return { value, runs, absence: value === null ? absence : null };
}

/** Whether every target was met, and none left open. */
export function isAllMet(rows: readonly Row[]): boolean {
  return rows.every(({ verdict }) => verdict === "met" || verdict === "no target");
}

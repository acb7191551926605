/**
 * The words of the benchmark: a measurement is done on each server, several times, and feeds rows of the table.
 *
 * @module
 */
import type { Clock } from "../src/base/clock.ts";
import type { Figures, Unit } from "./figures.ts";
import type { LoadTools } from "./load-tools.ts";
import type { Part } from "./options.ts";
import type { Target } from "./targets.ts";

/** What a measurement within this process is given. */
export interface Alone {
  readonly clock: Clock;
}

/** What a measurement of a server is given. */
export interface Bench extends Alone {
  readonly tools: LoadTools;
}

/** What one run of a measurement found on one server. */
export interface Outcome {
  readonly figures: Figures;
  /** Reasons to doubt the figures, for people. */
  readonly warnings: readonly string[];
}

/** A row of the table, before it has figures. */
export interface RowSpec {
  readonly part: Part;
  readonly what: string;
  /** Its name in the `Figures` of the measurement. */
  readonly figure: string;
  readonly unit: Unit;
  readonly target: Target;
}

/** Something that is measured, and where its figures go. */
export type Measurement = ServerMeasurement | AloneMeasurement;

interface MeasurementHead {
  readonly name: string;
  readonly rows: readonly RowSpec[];
}

/** Something that is done on a fresh server. */
export interface ServerMeasurement extends MeasurementHead {
  readonly isAlone?: false;
  readonly own: (bench: Bench) => Promise<Outcome>;
  /** `null` where the peer has nothing to compare with. */
  readonly peer: ((bench: Bench) => Promise<Outcome>) | null;
}

/** Something that is done within this process: needs neither phones nor a server. */
export interface AloneMeasurement extends MeasurementHead {
  readonly isAlone: true;
  readonly own: (alone: Alone) => Promise<Outcome>;
  readonly peer: null;
}

export type ServerName = "sipulse" | "kamailio";

/** An outcome with its place in the whole. */
export interface Sample extends Outcome {
  readonly measurement: string;
  readonly server: ServerName;
  /** From 1. */
  readonly run: number;
  /** Load average over one minute just before; the benchmark itself adds to it. */
  readonly loadBefore: number;
  /** Why there are no figures; `null` when it went well. */
  readonly failure: string | null;
}

/**
 * What a reload changes: which settings take effect now, and which wait for a restart.
 *
 * @module
 */
import { isDeepStrictEqual } from "node:util";
import { type Config, settingRows } from "./schema.ts";

/** Keys of the settings that differ. */
export interface ConfigChanges {
  /** Taken over by a reload. */
  readonly live: readonly string[];
  /** Ignored until the next start. */
  readonly needRestart: readonly string[];
}

/** Compares two configurations, in the order of the table. */
export function liveChanges(old: Config, next: Config): ConfigChanges {
  const changed = settingRows.filter(([name]) => !isDeepStrictEqual(old[name], next[name])).map(([, row]) => row);
  return {
    live: changed.filter((row) => row.isLive).map((row) => row.key),
    needRestart: changed.filter((row) => !row.isLive).map((row) => row.key),
  };
}

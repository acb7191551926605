/**
 * What the operator probably meant: the setting whose name is closest to an unknown one.
 *
 * @module
 */
import { settingRows } from "./schema.ts";
import { environmentNameOf } from "./setting.ts";

/** Edits that still count as a slip of the fingers; more is another word. */
const EDITS_MAX = 3;

/** Names longer than this are not compared: the cost grows with the square of the length. */
const COMPARED_CHARACTERS_MAX = 64;

/** Least number of inserted, deleted and replaced characters that turn `a` into `b` (Levenshtein). */
function editsBetween(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = (above[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (above[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    above = current;
  }
  return above[b.length] ?? 0;
}

/** The candidate that is a slip away from `word`; `null` when none is, or `word` is too short to tell. */
export function nearest(word: string, candidates: readonly string[]): string | null {
  if (word.length > COMPARED_CHARACTERS_MAX) return null;
  const limit = Math.min(EDITS_MAX, Math.floor(word.length / 3));
  const scored = candidates.map((candidate) => ({ candidate, edits: editsBetween(word, candidate) }));
  const best = scored.reduce((left, right) => (right.edits < left.edits ? right : left), { candidate: "", edits: 99 });
  return best.edits <= limit ? best.candidate : null;
}

const KEYS = settingRows.map(([, row]) => row.key);

/** The end of "… is not a setting": the key that was probably meant, found by spelling, last part or Kamailio's name. */
export function suggestKey(unknown: string): string {
  const ofKamailio = settingRows.find(([, row]) => row.kamailio?.split(", ").includes(unknown))?.[1].key;
  const byLastPart = KEYS.filter((key) => key.endsWith(`.${unknown}`));
  return suggestion(ofKamailio ?? nearest(unknown, KEYS) ?? (byLastPart.length === 1 ? byLastPart[0] : null));
}

/** The same for an environment variable. */
export function suggestVariable(unknown: string): string {
  return suggestion(nearest(unknown, KEYS.map(environmentNameOf)));
}

function suggestion(name: string | null | undefined): string {
  return name === null || name === undefined ? "" : ` (did you mean ${name}?)`;
}

/**
 * Which exemplars may leave the process.
 *
 * @module
 */
import type { Exemplar } from "./model.ts";

/** Characters in the names and values of an exemplar's labels together (OpenMetrics 1.0, "Exemplars"). */
const LABEL_CHARACTERS_MAX = 128;

/** Whether a reader will take it; one that is too long makes an OpenMetrics body invalid, so it is left out. */
export function followable(exemplar: Exemplar | null): exemplar is Exemplar {
  if (exemplar === null) return false;
  const { labels, value, timestampS } = exemplar;
  return Number.isFinite(value) && Number.isFinite(timestampS) && charactersIn(labels) <= LABEL_CHARACTERS_MAX;
}

/** Code points, not UTF-16 units. */
function charactersIn(labels: Exemplar["labels"]): number {
  let characters = 0;
  for (const pair of labels) for (const text of pair) characters += Array.from(text).length;
  return characters;
}

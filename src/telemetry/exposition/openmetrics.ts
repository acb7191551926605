/**
 * OpenMetrics 1.0: the text format with units, creation times and exemplars.
 *
 * Has no native histograms. A counter's family is named without `_total`, its samples with it.
 *
 * @module
 */
import { followable } from "./exemplar.ts";
import { afterBound, bracedLabels, escapeQuoted, labelText } from "./label-text.ts";
import type { Exemplar, ExpositionFamily, HistogramPoint, NumberPoint } from "./model.ts";
import { carriedUnit, stemOf } from "./names.ts";
import { canonicalText, valueText } from "./number-text.ts";

/** Without it, a reader must take the body for one that was cut. */
const END = "# EOF\n";

/** All families and the end mark. */
export function encodeOpenMetrics(families: readonly ExpositionFamily[]): string {
  let text = "";
  for (const family of families) text += familyText(family);
  return text + END;
}

function familyText(family: ExpositionFamily): string {
  const stem = stemOf(family.name, family.type);
  const unit = carriedUnit(family);
  let text = `# HELP ${stem} ${escapeQuoted(family.help)}\n# TYPE ${stem} ${family.type}\n`;
  if (unit !== "") text += `# UNIT ${stem} ${unit}\n`;
  switch (family.type) {
    case "gauge":
      for (const { labels, value } of family.points) text += `${stem}${bracedLabels(labels)} ${valueText(value)}\n`;
      return text;
    case "counter":
      for (const point of family.points) text += counterText(stem, point);
      return text;
    case "histogram":
      for (const point of family.points) text += histogramText(stem, point);
      return text;
    default:
      return family satisfies never;
  }
}

function counterText(stem: string, { labels, value, createdS, exemplar }: NumberPoint): string {
  const braces = bracedLabels(labels);
  return `${stem}_total${braces} ${valueText(value)}${exemplarText(exemplar)}\n${createdText(stem, braces, createdS)}`;
}

function histogramText(stem: string, point: HistogramPoint): string {
  const { labels, bounds, counts, sum, createdS, exemplars } = point;
  const start = `${stem}_bucket{le="`;
  const end = afterBound(labels);
  const boundTexts = canonicalBounds(bounds);
  let text = "";
  let count = 0;
  for (let i = 0; i < counts.length; i++) {
    count += counts[i] as number;
    text += `${start}${boundTexts[i]}${end}${count}${exemplarText(exemplars[i] ?? null)}\n`;
  }
  const braces = bracedLabels(labels);
  const sumAndCount = `${stem}_sum${braces} ${valueText(sum)}\n${stem}_count${braces} ${count}\n`;
  return text + sumAndCount + createdText(stem, braces, createdS);
}

function createdText(stem: string, braces: string, createdS: number | null): string {
  return createdS === null ? "" : `${stem}_created${braces} ${valueText(createdS)}\n`;
}

function exemplarText(exemplar: Exemplar | null): string {
  if (!followable(exemplar)) return "";
  return ` # {${labelText(exemplar.labels)}} ${valueText(exemplar.value)} ${valueText(exemplar.timestampS)}`;
}

/** A row of the catalogue keeps its bounds for life. */
const knownBounds = new WeakMap<readonly number[], readonly string[]>();

/** One more than there are bounds: the last is +Inf. */
function canonicalBounds(bounds: readonly number[]): readonly string[] {
  const before = knownBounds.get(bounds);
  if (before !== undefined) return before;
  const texts = [...bounds, Number.POSITIVE_INFINITY].map(canonicalText);
  knownBounds.set(bounds, texts);
  return texts;
}

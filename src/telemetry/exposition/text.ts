/**
 * Prometheus text format 0.0.4: what every scraper, `curl` and `promtool check metrics` understand.
 *
 * Has no exemplars, no creation times and no native histograms.
 *
 * @module
 */
import { afterBound, bracedLabels, escapeHelp } from "./label-text.ts";
import type { ExpositionFamily, HistogramPoint } from "./model.ts";
import { valueText } from "./number-text.ts";

/** All families, one empty line between them; "" when there are none. */
export function encodeText(families: readonly ExpositionFamily[]): string {
  let text = "";
  for (const family of families) text += `${text === "" ? "" : "\n"}${familyText(family)}`;
  return text;
}

function familyText(family: ExpositionFamily): string {
  const { name, help, type } = family;
  let text = `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`;
  if (type === "histogram") for (const point of family.points) text += histogramText(name, point);
  else for (const point of family.points) text += `${name}${bracedLabels(point.labels)} ${valueText(point.value)}\n`;
  return text;
}

function histogramText(name: string, { labels, bounds, counts, sum }: HistogramPoint): string {
  const start = `${name}_bucket{le="`;
  const end = afterBound(labels);
  let text = "";
  let count = 0;
  for (let i = 0; i < counts.length; i++) {
    count += counts[i] as number;
    text += `${start}${i < bounds.length ? valueText(bounds[i] as number) : "+Inf"}${end}${count}\n`;
  }
  const braces = bracedLabels(labels);
  return `${text}${name}_sum${braces} ${valueText(sum)}\n${name}_count${braces} ${count}\n`;
}

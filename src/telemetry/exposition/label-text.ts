/**
 * Labels as both text formats write them: `domain="example.org",transport="udp"`.
 *
 * @module
 */
import type { Labels } from "./model.ts";

const NEEDS_ESCAPE = /[\\\n"]/;

/** A label value, or the help text of OpenMetrics: backslash, line feed and quote escaped. */
export function escapeQuoted(text: string): string {
  if (!NEEDS_ESCAPE.test(text)) return text;
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}

/** A help text of the format 0.0.4, where a quote stands for itself. */
export function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

/** Series keep their labels for life, so their text is made once. */
const known = new WeakMap<Labels, string>();

/** Without braces; "" without labels. */
export function labelText(labels: Labels): string {
  const before = known.get(labels);
  if (before !== undefined) return before;
  const text = labels.map(([name, value]) => `${name}="${escapeQuoted(value)}"`).join(",");
  known.set(labels, text);
  return text;
}

/** In braces; "" without labels. */
export function bracedLabels(labels: Labels): string {
  const text = labelText(labels);
  return text === "" ? "" : `{${text}}`;
}

/** The start of the labels of a bucket line: everything after the bound, the closing brace included. */
export function afterBound(labels: Labels): string {
  const text = labelText(labels);
  return text === "" ? '"} ' : `",${text}} `;
}

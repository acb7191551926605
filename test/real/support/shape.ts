/**
 * What a JSON value looks like without its values: names in their order, nesting, types.
 *
 * @module
 */

/**
 * One line per leaf: `result.Contacts[].Contact.Q fraction`. Elements of an array that look alike are one.
 *
 * A whole number and a fraction are two types: scripts parse them differently.
 */
export function shapeOf(value: unknown, path = ""): readonly string[] {
  if (Array.isArray(value)) {
    const lines = value.flatMap((element) => shapeOf(element, `${path}[]`));
    return lines.length === 0 ? [`${path}[] empty`] : [...new Set(lines)];
  }
  if (typeof value === "object" && value !== null) {
    const lines = Object.entries(value).flatMap(([key, inner]) => shapeOf(inner, path === "" ? key : `${path}.${key}`));
    return lines.length === 0 ? [`${path}{} empty`] : lines;
  }
  return [`${path} ${typeOf(value)}`];
}

function typeOf(value: unknown): string {
  if (typeof value !== "number") return value === null ? "null" : typeof value;
  return Number.isInteger(value) ? "whole number" : "fraction";
}

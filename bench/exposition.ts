/**
 * Reads single numbers out of `/metrics`; not a parser of the format.
 *
 * @module
 */

/** Sum of all series of `name`; `null` when there is none. */
export function sumOf(exposition: string, name: string): number | null {
  let sum: number | null = null;
  for (const line of exposition.split("\n")) {
    if (!line.startsWith(name)) continue;
    const rest = line.slice(name.length);
    if (rest[0] !== "{" && rest[0] !== " ") continue; // A longer name.
    sum = (sum ?? 0) + Number(rest.slice(rest.lastIndexOf(" ") + 1));
  }
  return sum;
}

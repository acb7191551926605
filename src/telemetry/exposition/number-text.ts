/**
 * Numbers as the text formats write them.
 *
 * @module
 */

/** A sample value: shortest form that reads back as the same number. */
export function valueText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  if (Number.isNaN(value)) return "NaN";
  return value > 0 ? "+Inf" : "-Inf";
}

/** From here on Go's `%g` writes an exponent. */
const EXPONENT_FROM = 1e6;
/** Below this, too. */
const EXPONENT_BELOW = 1e-4;

/**
 * A bound as OpenMetrics wants `le`: Go's `%g`, with `.0` where neither point nor exponent says that it is a float
 * (OpenMetrics 1.0, "Canonical Numbers"). `10.0`, `0.25`, `1e-05`, `+Inf`.
 */
export function canonicalText(value: number): string {
  if (!Number.isFinite(value)) return valueText(value);
  const size = Math.abs(value);
  if (size !== 0 && (size >= EXPONENT_FROM || size < EXPONENT_BELOW)) {
    // Go writes at least two digits of exponent.
    return value.toExponential().replace(/([+-])(\d)$/, "$10$2");
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

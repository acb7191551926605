/**
 * How long a binding lives (RFC 3261 §10.2.1.1, §10.3 step 7).
 *
 * @module
 */

/** What the operator allows, in seconds. */
export interface ExpiryPolicy {
  readonly minExpiresS: number;
  readonly maxExpiresS: number;
  readonly defaultExpiresS: number;
}

/** A request for an hour or more must never be called too brief (RFC 3261 §10.3 step 7). */
const NEVER_TOO_BRIEF_S = 3_600;

/**
 * Grants a lifetime to a requested one.
 *
 * @param requestedS Contact `expires` parameter, else the Expires header, else `null`
 * @returns seconds granted (0 removes the binding), or `"too-brief"` to answer 423
 */
export function grantExpires(requestedS: number | null, policy: ExpiryPolicy): number | "too-brief" {
  if (requestedS === null) return policy.defaultExpiresS;
  if (requestedS === 0) return 0;
  if (requestedS < policy.minExpiresS && requestedS < NEVER_TOO_BRIEF_S) return "too-brief";
  return Math.min(requestedS, policy.maxExpiresS);
}

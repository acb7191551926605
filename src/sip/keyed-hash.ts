/**
 * A short hash that nobody outside can aim at, because they do not know its start.
 *
 * @module
 */

const FNV_PRIME = 16_777_619;

/** FNV-1a of latin1 text from a secret start: an unsigned 32-bit number. */
export function keyedHash(text: string, secret: number): number {
  let hash = secret;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), FNV_PRIME);
  return hash >>> 0;
}

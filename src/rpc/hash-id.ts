/**
 * Kamailio's HashID: the hash of an AoR that decides its slot, printed by `ul.dump`.
 *
 * Not cryptographic and not our own choice: scripts compare it with the one of a Kamailio.
 *
 * @module
 */

/** Octets folded in per step. */
const GROUP_OCTETS = 4;

/**
 * Hashes the octets of an AoR: big-endian words `w` summed as `w XOR (w >> 3)`, then stirred once.
 *
 * @param aor latin1, one character per octet
 * @returns unsigned 32-bit integer
 */
export function hashId(aor: string): number {
  let sum = 0;
  let word = 0;
  for (let i = 0; i < aor.length; i++) {
    word = (word << 8) | (aor.charCodeAt(i) & 0xff);
    if ((i + 1) % GROUP_OCTETS !== 0 && i + 1 !== aor.length) continue;
    // The last group may be shorter; a shorter word is what the peer hashes too.
    sum = (sum + (word ^ (word >>> 3))) | 0;
    word = 0;
  }
  return (sum + (sum >>> 11) + (sum >>> 13) + (sum >>> 23)) >>> 0;
}

/**
 * Bounds of everything a message may contain.
 *
 * A peer that exceeds one is answered 513 (or 400 where the RFC has no better word): a legitimate client is far below all of them.
 *
 * @module
 */

/** Octets of one message: the largest UDP datagram; streams are held to the same. */
export const MESSAGE_OCTETS_MAX = 65_535;
/** Header lines, folded lines counted once. The longest message of RFC 4475 has 44. */
export const HEADER_LINES_MAX = 128;
/** Octets of one header value with its folding. */
export const HEADER_VALUE_OCTETS_MAX = 8_192;
/** Via values: Max-Forwards starts at 70 in theory, real paths have fewer than 10 hops. RFC 4475 `longreq` has 34. */
export const VIA_VALUES_MAX = 64;
/** Contacts of one REGISTER. */
export const CONTACT_VALUES_MAX = 32;
/** Parameters of one URI or one header value. */
export const PARAMETERS_MAX = 64;
/** Octets of the offending text that an error message quotes back. */
export const QUOTED_BACK_MAX = 60;

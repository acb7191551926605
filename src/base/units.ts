/**
 * Conversions between the units of SIP (s), Node (ms), Kamailio (µs) and Prometheus (s).
 *
 * The only module that multiplies or divides by 1,000.
 *
 * @module
 */

/** Milliseconds to seconds, fraction kept: Prometheus samples, `Expires`. */
export const msToS = (ms: number): number => ms / 1_000;
/** Seconds to milliseconds. */
export const sToMs = (s: number): number => s * 1_000;
/** Milliseconds to whole microseconds: Kamailio's `KA-Roundtrip`. */
export const msToUs = (ms: number): number => Math.round(ms * 1_000);
/** Milliseconds to whole nanoseconds: timestamps in protobuf messages. */
export const msToNs = (ms: number): number => Math.round(ms * 1_000_000);
/** Microseconds to milliseconds, fraction kept. */
export const usToMs = (us: number): number => us / 1_000;
/** Milliseconds to whole seconds, rounded down: Unix times as Kamailio prints them. */
export const msToWholeS = (ms: number): number => Math.floor(ms / 1_000);
/** Thousandths to a ratio: the `q` of a contact. */
export const fromThousandths = (thousandths: number): number => thousandths / 1_000;
/** Unix milliseconds to whole seconds and nanoseconds, as OpenTelemetry writes an instant; precise to a microsecond. */
export function msToHrTime(ms: number): [seconds: number, nanoseconds: number] {
  const us = Math.round(ms * 1_000);
  return [Math.floor(us / 1_000_000), (us % 1_000_000) * 1_000];
}
/** Whole seconds and nanoseconds to seconds, fraction kept. */
export const hrTimeToS = ([seconds, nanoseconds]: readonly [number, number]): number => seconds + nanoseconds / 1e9;

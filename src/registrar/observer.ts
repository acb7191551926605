/**
 * What the rest of the engine may learn about registrations.
 *
 * @module
 */
import type { TransportName } from "../base/net-names.ts";

/** Told about every REGISTER that was answered, after the answer is known. Must not throw. */
export interface RegistrarObserver {
  /**
   * @param domain number of the domain label of the AoR
   * @param durationMs from the parsed request to the answer, monotonic
   */
  registerAnswered(domain: number, transport: TransportName, status: number, durationMs: number): void;
}

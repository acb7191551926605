/**
 * An observer that forgets one event: the mutation the invariants must notice.
 *
 * @module
 */
import type { KeepaliveObserver } from "../../src/keepalive/observer.ts";

/** Every event of the prober. The compiler complains here when one comes or goes. */
export const EVENTS = Object.keys({
  probeSent: true,
  probeAnswered: true,
  probeFailed: true,
  lateResponse: true,
  duplicateResponse: true,
  unmatchedResponse: true,
  probeSkipped: true,
  stateChanged: true,
} satisfies Record<keyof KeepaliveObserver, true>) as readonly (keyof KeepaliveObserver)[];

/** Which event is forgotten. */
export interface Drop {
  readonly event: keyof KeepaliveObserver;
  /** How many of its kind pass before it. */
  readonly nth: number;
  /** Counting begins here, on the monotonic clock. */
  readonly fromMs: number;
}

/** Passes everything on but one event. `isDone` tells whether there was one to drop. */
export function forgetful(
  told: KeepaliveObserver,
  drop: Drop | null,
  nowMs: () => number,
): { observer: KeepaliveObserver; isDone: () => boolean } {
  let passed = 0;
  let isDone = false;
  const pass = <Arguments extends unknown[]>(event: keyof KeepaliveObserver, tell: (...of: Arguments) => void) => {
    return (...of: Arguments): void => {
      if (drop?.event === event && !isDone && nowMs() >= drop.fromMs) {
        isDone = passed === drop.nth;
        passed += 1;
        if (isDone) return;
      }
      tell(...of);
    };
  };
  const observer: KeepaliveObserver = {
    probeSent: pass("probeSent", told.probeSent.bind(told)),
    probeAnswered: pass("probeAnswered", told.probeAnswered.bind(told)),
    probeFailed: pass("probeFailed", told.probeFailed.bind(told)),
    lateResponse: pass("lateResponse", told.lateResponse.bind(told)),
    duplicateResponse: pass("duplicateResponse", told.duplicateResponse.bind(told)),
    unmatchedResponse: pass("unmatchedResponse", told.unmatchedResponse.bind(told)),
    probeSkipped: pass("probeSkipped", told.probeSkipped.bind(told)),
    stateChanged: pass("stateChanged", told.stateChanged.bind(told)),
  };
  return { observer, isDone: () => isDone };
}

/**
 * How busy the event loop of the current thread has been, as the loop itself counts it.
 *
 * Both values belong to the thread that asks (checked in a worker) and cost 40 and 80 ns. They tell nothing about other
 * threads or other processes: time lost because the kernel ran somebody else counts as idle.
 *
 * @module
 */

const timing = performance.nodeTiming;

/**
 * Milliseconds the loop has spent waiting for events, since the thread started. Never decreases.
 *
 * The loop first polls without waiting and waits only when that found nothing: growth proves that, at the end of the
 * wait, nothing older was queued on any socket.
 */
export const loopIdleMs = (): number => timing.idleTime;

/** Turns of the event loop since the thread started. */
export const loopTurns = (): number => timing.uvMetricsInfo.loopCount;

/** The two counters as a part that is handed in, so that tests can say what the loop did. */
export interface LoopMeter {
  /** Milliseconds. */
  idleMs(): number;
  turns(): number;
}

/** The event loop of the current thread. */
export const threadLoop: LoopMeter = { idleMs: loopIdleMs, turns: loopTurns };

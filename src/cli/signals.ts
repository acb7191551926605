/**
 * Signals of the operating system: stop, stop at once, read the configuration again.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";

/** The part of `process` that is needed. */
export interface SignalSource {
  on(signal: "SIGINT" | "SIGTERM" | "SIGHUP", listener: () => void): unknown;
  off(signal: "SIGINT" | "SIGTERM" | "SIGHUP", listener: () => void): unknown;
}

/** What arrived, for as long as this is not disposed. */
export interface Signals extends Disposable {
  /** Resolves with the first SIGINT or SIGTERM. */
  readonly stopped: Promise<void>;
  /** Starts the grace period for an end that no signal asked for. */
  ending(): void;
  /** Says what SIGHUP does from now on; before that it does nothing, because the configuration was just read. */
  onReload(reload: () => void): void;
}

/** Longest orderly stop: below the 30 s after which Kubernetes kills. */
export const GRACE_MS = 25_000;

/**
 * Listens for signals.
 *
 * @param parts.force ends the process at once: called by a second signal, and when the grace period is over
 */
export function listenForSignals(
  source: SignalSource,
  { clock, force }: { readonly clock: Clock; readonly force: () => void },
): Signals {
  let reload = (): void => {};
  let cancelGrace: (() => void) | null = null;
  const { promise: stopped, resolve } = Promise.withResolvers<void>();
  const ending = (): void => {
    cancelGrace ??= clock.after(GRACE_MS, force);
  };
  const stop = (): void => {
    if (cancelGrace !== null) force();
    ending();
    resolve();
  };
  const hangUp = (): void => reload();
  source.on("SIGINT", stop);
  source.on("SIGTERM", stop);
  source.on("SIGHUP", hangUp);
  return {
    stopped,
    ending,
    onReload: (fn) => {
      reload = fn;
    },
    [Symbol.dispose]: () => {
      cancelGrace?.();
      source.off("SIGINT", stop);
      source.off("SIGTERM", stop);
      source.off("SIGHUP", hangUp);
    },
  };
}

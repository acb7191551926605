/**
 * What the SDK has to say, in our log: a collector that is away would otherwise be said on standard error, or nowhere.
 *
 * @module
 */
import type { DiagLogFunction, DiagLogger } from "@opentelemetry/api";
import type { Clock } from "../../base/clock.ts";
import { type Log, printable } from "../../base/log.ts";
import { sToMs } from "../../base/units.ts";

/** The same sentence is written once in this time. */
const REPEAT_MS = sToMs(60);
/** Sentences remembered; when there are more, all are forgotten. */
const SENTENCES_MAX = 100;

/** A logger for `diag.setLogger`; errors of the SDK are warnings of ours: no phone is affected. */
export function diagLog(log: Log, clock: Clock): DiagLogger {
  const saidAtMs = new Map<string, number>();
  const say =
    (level: "warn" | "debug"): DiagLogFunction =>
    (message) => {
      const problem = printable(sentenceOf(message));
      const nowMs = clock.monotonicMs();
      if (nowMs - (saidAtMs.get(problem) ?? Number.NEGATIVE_INFINITY) < REPEAT_MS) return;
      if (saidAtMs.size >= SENTENCES_MAX) saidAtMs.clear();
      saidAtMs.set(problem, nowMs);
      log[level]("telemetry export failed", { problem });
    };
  const silent: DiagLogFunction = () => undefined;
  return { error: say("warn"), warn: say("warn"), info: say("debug"), debug: silent, verbose: silent };
}

/** Errors arrive as JSON of all their fields, the stack among them. */
function sentenceOf(message: string): string {
  try {
    const { message: sentence } = JSON.parse(message) as { message?: unknown };
    return typeof sentence === "string" ? sentence : message;
  } catch {
    return message;
  }
}

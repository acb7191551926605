/**
 * The engine thread: an `Engine`, and the messages to and from it.
 *
 * @module
 */
import { parentPort, workerData } from "node:worker_threads";
import { systemClock } from "./base/clock.ts";
import type { Log, LogFields, LogLevel } from "./base/log.ts";
import { secureRandom } from "./base/random.ts";
import { Engine } from "./engine.ts";
import type { Command, EngineStart, News } from "./engine-port/messages.ts";
import { warmUp } from "./engine-warm-up.ts";

if (parentPort === null) throw new Error("engine-worker is started as a thread, not as a program");
const port = parentPort;
const tell = (news: News): void => port.postMessage(news);
const logAt =
  (level: LogLevel) =>
  (event: string, fields: LogFields = {}) =>
    tell({ kind: "log", level, event, fields });
const log: Log = { debug: logAt("debug"), info: logAt("info"), warn: logAt("warn"), error: logAt("error") };

const { settings, sharedBuffer } = workerData as EngineStart;
warmUp(settings, systemClock);
const engine = new Engine({
  settings,
  sharedBuffer,
  clock: systemClock,
  random: secureRandom(),
  log,
  onSeries: (series) => tell({ kind: "series", series }),
  onJournal: (entries) => tell({ kind: "journal", entries }),
  onSpans: (batch) => tell({ kind: "spans", batch }),
});

port.on("message", async ({ id, name, args }: Command) => {
  try {
    const method = engine[name] as (...args: unknown[]) => unknown;
    tell({ kind: "reply", id, value: await method.apply(engine, [...args]) });
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string };
    tell({ kind: "failed", id, code: typeof code === "string" ? code : "ENGINE_FAILED", message });
  }
});

/**
 * Starts the engine in a thread of its own.
 *
 * @module
 */
import { Worker } from "node:worker_threads";
import { createSharedBuffer } from "../instruments/exchange.ts";
import { EngineClient, type Wire } from "./client.ts";
import type { EngineStart, News } from "./messages.ts";
import type { EngineEvents, EnginePort, EngineSettings } from "./port.ts";

/** Runs as TypeScript in a checkout and as JavaScript in a build. */
const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";

/**
 * Room for objects that die young. Left alone, V8 lets it grow with the machine's memory, and a flood of
 * registrations then takes 100 MB that hold no contact.
 */
const YOUNG_GENERATION_MB = 24;

/** The thread that hears and answers SIP; nothing is bound until `open` is called. */
export function startEngineThread(settings: EngineSettings, events: EngineEvents): EnginePort {
  const sharedBuffer = createSharedBuffer();
  const start: EngineStart = { settings, sharedBuffer };
  const worker = new Worker(new URL(`../engine-worker.${extension}`, import.meta.url), {
    workerData: start,
    name: "engine",
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });
  return new EngineClient({ wire: workerWire(worker), sharedBuffer, events });
}

function workerWire(worker: Worker): Wire {
  return {
    post: (command) => worker.postMessage(command),
    onNews: (listener) => worker.on("message", (news: News) => listener(news)),
    onGone: (listener) => {
      worker.on("error", (error) => listener(error instanceof Error ? error : new Error(String(error))));
      worker.on("exit", (code) => listener(new Error(`the engine thread ended with code ${code}`)));
    },
    close: async () => {
      await worker.terminate();
    },
  };
}

/**
 * Reading the configuration again: what can change live does, the rest is named until the next start.
 *
 * @module
 */
import type { Log } from "./base/log.ts";
import { liveChanges } from "./config/changes.ts";
import { ConfigError } from "./config/errors.ts";
import type { Config } from "./config/schema.ts";
import { engineSettingsOf, sloSettingsOf } from "./daemon-settings.ts";
import type { EnginePort } from "./engine-port/port.ts";
import type { ReloadOutcome } from "./http/admin.ts";
import type { LiveLog } from "./telemetry/log.ts";
import type { Telemetry } from "./telemetry/registry.ts";

/** What a reload reads and changes. */
export interface ReloadParts {
  /** The configuration the daemon was started with. */
  readonly config: Config;
  /** Reads the same sources again. @throws {ConfigError} when they are wrong now */
  readonly read: () => Config;
  readonly engine: EnginePort;
  readonly telemetry: Telemetry;
  readonly log: Log & LiveLog;
}

/** A function that reloads; a refused configuration leaves everything as it was. */
export function reloader({ config, read, engine, telemetry, log }: ReloadParts): () => Promise<ReloadOutcome> {
  let current = config;
  return async () => {
    try {
      const next = read();
      // What needs a restart is named until the restart: it is compared with what the daemon was started with.
      const { live } = liveChanges(current, next);
      const { needRestart } = liveChanges(config, next);
      await engine.reload(engineSettingsOf(next));
      log.setLevel(next.logLevel);
      telemetry.slo.configure(sloSettingsOf(next));
      current = next;
      telemetry.configLoaded(true);
      log.info("configuration reloaded", { live, needRestart });
      return { kind: "reloaded", live, needRestart };
    } catch (error) {
      telemetry.configLoaded(false);
      if (!(error instanceof ConfigError)) throw error;
      log.warn("configuration refused", { problems: error.problems });
      return { kind: "refused", problems: error.problems };
    }
  };
}

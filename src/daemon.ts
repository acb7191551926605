/**
 * The daemon: the wiring diagram of the main thread. Opens every part in order, closes them in reverse.
 *
 *      store --rows--> engine thread --journal--> write-back --> store
 *      web   --snapshot--> engine        admin --pages, lookups--> engine
 *
 * @module
 */
import { systemClock } from "./base/clock.ts";
import type { Log } from "./base/log.ts";
import { hostPort, isLoopback, type ListenAddress } from "./base/net-names.ts";
import { buildInfo } from "./build-info.ts";
import { ConfigError } from "./config/errors.ts";
import type { Config } from "./config/schema.ts";
import { openFrontDoors, type Phase } from "./daemon-http.ts";
import { reloader } from "./daemon-reload.ts";
import { engineSettingsOf } from "./daemon-settings.ts";
import { openStorage } from "./daemon-storage.ts";
import { openDaemonTelemetry } from "./daemon-telemetry.ts";
import type { EngineEvents } from "./engine-port/port.ts";
import { startEngineThread } from "./engine-port/thread.ts";
import { openSimulatorThread } from "./simulator/thread.ts";
import { openLog } from "./telemetry/log.ts";

/** How the daemon is opened. */
export interface DaemonOptions {
  /** Reads the same sources again. @throws {ConfigError} when they are wrong now */
  readonly reload: () => Config;
}

/** A daemon that is running. */
export interface Daemon extends AsyncDisposable {
  /** Resolves when it has been closed; rejects when the engine died. */
  readonly closed: Promise<void>;
  readonly urls: { readonly web: string; readonly admin: string };
  /** The bound SIP addresses, e.g. `udp:127.0.0.1:5060`. */
  readonly sip: readonly string[];
  /** @throws {ConfigError} the new configuration is wrong; the old one stays in use */
  reload(): Promise<void>;
}

/** Domain of the simulated phones when none is configured. */
const SIMULATED_DOMAIN = "example.org";

/**
 * Opens the daemon; resolves when SIP, HTTP and the store are up.
 *
 * @throws {ListenError | HttpListenError | StoreError} what was opened before is closed again
 */
export async function openDaemon(config: Config, options: DaemonOptions): Promise<Daemon> {
  const clock = systemClock;
  const log = openLog({ level: config.logLevel, format: config.logFormat, clock });
  const build = buildInfo();
  const closed = Promise.withResolvers<void>();
  closed.promise.catch(() => undefined);
  const phase: Phase = { notReadyBecause: "starting" };

  await using opened = new AsyncDisposableStack();
  opened.defer(() => closed.resolve());
  // Closed last: the spans of the end are sent, too.
  const outlook = opened.use(await openDaemonTelemetry(config, { clock, log, build, env: process.env }));
  const { telemetry } = outlook;
  const storage = opened.use(await openStorage(config, { clock, log, observer: outlook.store }));
  const events: EngineEvents = {
    onJournal: (entries) => storage.accept(entries),
    onLog: (level, event, fields) => log[level](event, fields),
    onSpans: outlook.onSpans,
    onFailed: (error) => closed.reject(error),
  };
  const engine = startEngineThread(engineSettingsOf(config, outlook.spanPolicy), events);
  opened.defer(() => engine.stop());
  outlook.connect({ engine, persistence: (ruid) => storage.persistence(ruid) });
  opened.defer(() => outlook.lastMetrics());

  const reload = reloader({ config, read: options.reload, engine, telemetry, log });
  const { observeHttp } = outlook;
  const { version } = build;
  const doors = openFrontDoors({ config, engine, telemetry, observeHttp, storage, phase, reload, log, version });
  const web = opened.use(await doors.openWeb());
  await storage.restoreInto(engine);
  const sip = (await engine.open()).map(({ transport, host, port }) => `${transport}:${hostPort(host, port)}`);
  const admin = opened.use(await doors.openAdmin());
  if (config.simulatePhones > 0) opened.use(await openPhones(config, engine.listening, log));
  opened.defer(() => {
    phase.notReadyBecause = "draining";
  });
  phase.notReadyBecause = null;
  telemetry.ready();
  telemetry.configLoaded(true);
  log.info("sipulse started", { version, sip, web: web.url, admin: admin.url });
  const running = opened.move();
  return {
    closed: closed.promise,
    urls: { web: web.url, admin: admin.url },
    sip,
    async reload() {
      const outcome = await reload();
      if (outcome.kind === "refused") throw new ConfigError(outcome.problems);
    },
    async [Symbol.asyncDispose]() {
      await running.disposeAsync();
      log.info("sipulse stopped");
    },
  };
}

/** Phones of our own, registered with ourselves over the first loopback socket. */
async function openPhones(config: Config, sockets: readonly ListenAddress[], log: Log): Promise<AsyncDisposable> {
  const socket = sockets.find(({ transport, host }) => transport === "udp" && isLoopback(host)) ?? sockets[0];
  if (socket === undefined) throw new RangeError("--simulate needs a SIP listener to register with");
  return openSimulatorThread({
    target: { host: socket.host, port: socket.port },
    phones: config.simulatePhones,
    domain: config.sipDomains[0] ?? SIMULATED_DOMAIN,
    transport: socket.transport === "tcp" ? "tcp" : "udp",
    log,
    onFailed: (error) => log.error("simulator failed", { reason: error.message }),
  });
}

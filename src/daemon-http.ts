/**
 * The two HTTP listeners of the daemon: `web` for anyone who scrapes, `admin` for those who may look and change.
 *
 * @module
 */
import type { Log } from "./base/log.ts";
import { secureRandom } from "./base/random.ts";
import type { Config } from "./config/schema.ts";
import type { Storage } from "./daemon-storage.ts";
import type { EnginePort } from "./engine-port/port.ts";
import { createAdminApp, type ReloadOutcome } from "./http/admin.ts";
import { type OpenHttp, openHttp } from "./http/server.ts";
import type { PageRows } from "./http/summary.ts";
import { createWebApp } from "./http/web.ts";
import { openWebGuard } from "./http/web-guard.ts";
import { type MetricKey, metricRow, RTT_BUCKETS_S } from "./instruments/catalogue.ts";
import type { ObserveHttp } from "./telemetry/otel/http-metrics.ts";
import type { Telemetry } from "./telemetry/registry.ts";
import { sharedScrapes } from "./telemetry/scrapes.ts";

/** Where the daemon is in its life. */
export interface Phase {
  /** `null` while it serves. */
  notReadyBecause: string | null;
}

/** What the listeners show. */
export interface FrontDoorParts {
  readonly config: Config;
  readonly engine: EnginePort;
  readonly telemetry: Telemetry;
  readonly observeHttp: ObserveHttp;
  readonly storage: Storage;
  readonly phase: Phase;
  readonly reload: () => Promise<ReloadOutcome>;
  readonly log: Log;
  readonly version: string;
}

/** The listeners, to be opened when the daemon is ready for each. */
export interface FrontDoors {
  openWeb(): Promise<OpenHttp>;
  openAdmin(): Promise<OpenHttp>;
}

/** Prepares both listeners; opens none. */
export function openFrontDoors(parts: FrontDoorParts): FrontDoors {
  const { config, engine, telemetry, observeHttp, storage, phase, reload, log, version } = parts;
  const metrics = { render: sharedScrapes({ snapshot: () => engine.snapshot(), telemetry }) };
  return {
    openWeb: async () => {
      await using opened = new AsyncDisposableStack();
      const guard = opened.use(openWebGuard({ path: config.webConfigFile, log, random: secureRandom() }));
      const { first, tls } = guard;
      const app = createWebApp({ version, metrics, notReadyBecause: () => phase.notReadyBecause, first, log });
      const http = opened.use(await openHttp({ app: observeHttp(app), listen: config.webListen, tls, log }));
      const running = opened.move();
      return { ...http, [Symbol.asyncDispose]: () => running.disposeAsync() };
    },
    openAdmin: () => {
      const app = createAdminApp({
        version,
        engine,
        persistence: (ruid) => storage.persistence(ruid),
        rows: PAGE_ROWS,
        reload,
        token: config.adminToken,
        log,
      });
      return openHttp({ app: observeHttp(app), listen: config.adminListen, log });
    },
  };
}

/** The rows of the catalogue that the page shows. */
const PAGE_ROWS: PageRows = {
  contacts: pageRow("keepaliveContacts"),
  requests: pageRow("keepaliveRequests"),
  failures: pageRow("keepaliveFailures"),
  inFlight: pageRow("keepaliveInFlight"),
  roundTrip: { ...pageRow("keepaliveRtt"), boundsS: RTT_BUCKETS_S },
};

function pageRow(key: MetricKey): { key: string; labels: readonly string[] } {
  return { key, labels: metricRow(key).labels.map(({ name }) => name) };
}

/**
 * The public listener: metrics, health, a landing page. Nothing on it names a phone or a person.
 *
 * @module
 */
import type { Express, RequestHandler } from "express";
import type { Log } from "../base/log.ts";
import { closeApp, escapeHtml, openApp, route } from "./app.ts";
import { type MetricsSource, metricsHandler } from "./metrics.ts";
import { HttpProblem, send } from "./problem.ts";

/** What the public listener shows. */
export interface WebOptions {
  readonly version: string;
  readonly metrics: MetricsSource;
  /** Why traffic should not come here now, e.g. `"starting"` or `"draining"`; `null` when it should. */
  readonly notReadyBecause: () => string | null;
  /** Run before every route, unknown paths included: who may enter at all. */
  readonly first?: readonly RequestHandler[];
  readonly log: Log;
  /** Time without progress after which a scrape is cut; tests shorten it. */
  readonly stalledScrapeMs?: number;
}

const TEXT = "text/plain; charset=utf-8";

/** Builds the application; it listens once it is handed to `openHttp`. */
export function createWebApp(options: WebOptions): Express {
  const app = openApp(options.first);
  route(app, "/metrics", "GET", metricsHandler(options.metrics, options.stalledScrapeMs));
  route(app, "/-/healthy", "GET", (_request, response) =>
    send(response, { contentType: TEXT, text: "sipulse is healthy\n" }),
  );
  route(app, "/-/ready", "GET", (_request, response) => {
    const reason = options.notReadyBecause();
    if (reason !== null) throw new HttpProblem(503, "Not Ready", { detail: reason });
    send(response, { contentType: TEXT, text: "sipulse is ready\n" });
  });
  const landing = landingPage(options.version);
  route(app, "/", "GET", (_request, response) =>
    send(response, { contentType: "text/html; charset=utf-8", text: landing }),
  );
  return closeApp(app, options.log);
}

function landingPage(version: string): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>sipulse</title></head>
<body>
<h1>sipulse</h1>
<p>A SIP registrar whose heartbeat you can see.</p>
<p>Version ${escapeHtml(version)}</p>
<ul>
<li><a href="/metrics">Metrics</a></li>
<li><a href="/-/healthy">Healthy</a></li>
<li><a href="/-/ready">Ready</a></li>
</ul>
</body>
</html>
`;
}

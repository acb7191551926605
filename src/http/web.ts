/**
 * The public listener: metrics, health, a landing page. Nothing on it names a phone or a person.
 *
 * @module
 */
import type { Express } from "express";
import type { Log } from "../base/log.ts";
import { closeApp, escapeHtml, openApp, route } from "./app.ts";
import { engineGone, HttpProblem, send } from "./problem.ts";

/** Where `/metrics` comes from. */
export interface MetricsSource {
  readonly contentType: string;
  /** Rejects when the engine is gone. */
  render(): Promise<string>;
}

/** What the public listener shows. */
export interface WebOptions {
  readonly version: string;
  readonly metrics: MetricsSource;
  /** Why traffic should not come here now, e.g. `"starting"` or `"draining"`; `null` when it should. */
  readonly notReadyBecause: () => string | null;
  readonly log: Log;
}

const TEXT = "text/plain; charset=utf-8";

/** Builds the application; it listens once it is handed to `openHttp`. */
export function createWebApp(options: WebOptions): Express {
  const app = openApp();
  route(app, "/metrics", "GET", async (_request, response) => {
    const text = await options.metrics.render().catch((cause: unknown) => {
      throw engineGone(cause);
    });
    send(response, { contentType: options.metrics.contentType, text });
  });
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

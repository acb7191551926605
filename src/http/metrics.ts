/**
 * `GET /metrics`: reads what a scraper asks for, and sends it no faster than the scraper reads.
 *
 * @module
 */
import type { Response } from "express";
import type { Exposition, ScrapeRequest } from "../telemetry/exposition/render.ts";
import type { Handler } from "./app.ts";
import { engineGone, HttpProblem } from "./problem.ts";

/** Where `/metrics` comes from. */
export interface MetricsSource {
  /** Rejects when the engine is gone. */
  render(request: ScrapeRequest): Promise<Exposition>;
}

/** Answers under way, those included that a scraper does not read. A body is at most a few MB: so is what they hold. */
const SCRAPES_MAX = 64;
/** When one of them should be done: scrapers that read take milliseconds. */
const RETRY_AFTER_S = 1;
/** Prometheus' default for a whole scrape: whoever reads nothing for so long has given up. */
const STALLED_MS = 10_000;
/** Names in one filter. Each is compared only, but nobody needs more: then no filter is shorter. */
const NAMES_MAX = 256;

/** @param stalledMs time without progress after which the connection is cut */
export function metricsHandler(metrics: MetricsSource, stalledMs: number = STALLED_MS): Handler {
  let underWay = 0;
  return async (request, response) => {
    if (underWay >= SCRAPES_MAX) throw tooManyScrapes();
    underWay++;
    response.once("close", () => underWay--);
    const { accept, "accept-encoding": acceptEncoding } = request.headers;
    const scrape = {
      accept,
      acceptEncoding: typeof acceptEncoding === "string" ? acceptEncoding : undefined,
      names: namesIn(request.url),
    };
    const exposition = await metrics.render(scrape).catch((cause: unknown) => {
      throw engineGone(cause);
    });
    response.setTimeout(stalledMs);
    sendExposition(response, exposition);
  };
}

/** To a HEAD request Node sends the headers alone. */
function sendExposition(response: Response, { contentType, contentEncoding, body }: Exposition): void {
  response.setHeader("Content-Type", contentType);
  response.setHeader("Content-Length", body.length);
  response.setHeader("Vary", "Accept, Accept-Encoding");
  if (contentEncoding !== null) response.setHeader("Content-Encoding", contentEncoding);
  response.end(body);
}

/** The values of `name[]`, as other exporters take them; `null` when there are none. */
function namesIn(url: string): ReadonlySet<string> | null {
  const query = new URLSearchParams(url.split("?", 2)[1] ?? "");
  const names = new Set(query.getAll("name[]"));
  if (names.size > NAMES_MAX) {
    throw new HttpProblem(400, "Bad Request", { detail: `At most ${NAMES_MAX} different names, got ${names.size}` });
  }
  return names.size === 0 ? null : names;
}

function tooManyScrapes(): HttpProblem {
  return new HttpProblem(503, "Service Unavailable", {
    detail: `${SCRAPES_MAX} scrapes are under way`,
    headers: { "Retry-After": String(RETRY_AFTER_S) },
  });
}

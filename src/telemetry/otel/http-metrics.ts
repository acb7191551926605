/**
 * How long our own HTTP listeners take to answer, by the semantic conventions for HTTP servers.
 *
 * @module
 */
import type { IncomingMessage, RequestListener } from "node:http";
import type { Meter } from "@opentelemetry/api";
import type { Clock } from "../../base/clock.ts";
import { msToS } from "../../base/units.ts";

/** Seconds; the buckets that the semantic conventions ask for. */
const BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
/** Methods with a value of their own; the network may invent others. */
const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

/** Wraps an application so that its answers are timed. */
export type ObserveHttp = (app: RequestListener) => RequestListener;

/** For a daemon without OpenTelemetry: the application itself. */
export const unobserved: ObserveHttp = (app) => app;

/** `http.server.request.duration`; a request that no route took has no `http.route`. */
export function httpObserver(meter: Meter, clock: Clock): ObserveHttp {
  const duration = meter.createHistogram("http.server.request.duration", {
    unit: "s",
    description: "Duration of HTTP server requests.",
    advice: { explicitBucketBoundaries: BUCKETS_S },
  });
  return (app) => (request, response) => {
    const startMs = clock.monotonicMs();
    response.once("close", () => {
      const route = routeOf(request);
      duration.record(msToS(clock.monotonicMs() - startMs), {
        "http.request.method": METHODS.includes(request.method ?? "") ? (request.method as string) : "_OTHER",
        "http.response.status_code": response.statusCode,
        ...(route === null ? {} : { "http.route": route }),
        "url.scheme": "encrypted" in request.socket ? "https" : "http",
      });
    });
    app(request, response);
  };
}

/** The path as it was declared, which express leaves on the request. */
function routeOf(request: IncomingMessage): string | null {
  const { route } = request as { route?: { path?: unknown } };
  return typeof route?.path === "string" ? route.path : null;
}

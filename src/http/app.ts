/**
 * An express application with the settings both listeners share: strict paths, no product name, security headers.
 *
 *      openApp(first handlers) -> route(...) ... -> closeApp
 *
 * @module
 */
import express, { type Express, type Request, type RequestHandler, type Response } from "express";
import type { Log } from "../base/log.ts";
import { HttpProblem, notFound, problemHandler } from "./problem.ts";

/** Answers one method of one path. What it throws becomes a problem document. */
export type Handler = (request: Request, response: Response) => void | Promise<void>;

/** Sent with every answer; a page sets its own content security policy. */
const SECURITY_HEADERS = {
  "Cache-Control": "no-store",
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
};

/** @param first run before every route, unknown paths included: who may enter at all */
export function openApp(first: readonly RequestHandler[] = []): Express {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.enable("strict routing");
  app.enable("case sensitive routing");
  app.use((_request, response, next) => {
    response.set(SECURITY_HEADERS);
    next();
  });
  for (const handler of first) app.use(handler);
  return app;
}

/** Adds a path. GET answers HEAD too; any other method is refused with 405 and `Allow` (RFC 9110 §15.5.6). */
export function route(app: Express, path: string, method: "GET" | "POST", handler: Handler): void {
  const methods = method === "GET" ? ["GET", "HEAD"] : [method];
  app.all(path, (request, response) => {
    if (methods.includes(request.method)) return handler(request, response);
    throw new HttpProblem(405, "Method Not Allowed", {
      detail: `This path takes ${methods.join(" and ")}`,
      headers: { Allow: methods.join(", ") },
    });
  });
}

/** Answers what no route took. Call it after the last `route`. */
export function closeApp(app: Express, log: Log): Express {
  app.use(notFound);
  app.use(problemHandler(log));
  return app;
}

/** Text with the five characters replaced that mean something in HTML. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

/**
 * The admin listener: RPC, contacts, summary, reload, and the page that shows them.
 *
 * Everything on it needs the token, or is for this machine only: it names phones and people.
 *
 * @module
 */
import express, { type Express, type Request, type Response } from "express";
import type { Log } from "../base/log.ts";
import type { EnginePort } from "../engine-port/port.ts";
import type { Persistence } from "../rpc/contact-shape.ts";
import { answerRpc } from "../rpc/json-rpc.ts";
import type { RpcCommands } from "../rpc/outcome.ts";
import { ulCommands } from "../rpc/ul-commands.ts";
import { closeApp, openApp, route } from "./app.ts";
import { readContactQuery } from "./contact-query.ts";
import { listContacts, readable } from "./contacts.ts";
import { admitOnly } from "./guard.ts";
import { adminPage } from "./page/page.ts";
import { engineGone, HttpProblem, send, sendJson } from "./problem.ts";
import { sendPieces } from "./stream.ts";
import { type PageRows, rttHistogramOf, summaryOf } from "./summary.ts";

/** Octets of one RPC request. */
const BODY_OCTETS_MAX = 1_048_576;

/** What became of a reload. */
export type ReloadOutcome =
  /** The new configuration is in use; keys of settings that changed, by what they take. */
  | { readonly kind: "reloaded"; readonly live: readonly string[]; readonly needRestart: readonly string[] }
  /** It is not valid; the old one stays in use. */
  | { readonly kind: "refused"; readonly problems: readonly string[] };

/** What the admin listener shows and does. */
export interface AdminOptions {
  readonly version: string;
  readonly engine: Pick<EnginePort, "dumpPage" | "lookup" | "contact" | "snapshot">;
  readonly persistence: (ruid: string) => Persistence;
  readonly rows: PageRows;
  readonly reload: () => Promise<ReloadOutcome>;
  /** `null` = no token: loopback only. */
  readonly token: string | null;
  readonly log: Log;
}

/**
 * Builds the application; it listens once it is handed to `openHttp`.
 *
 * @throws {RangeError} when the token is empty
 */
export function createAdminApp(options: AdminOptions): Express {
  const engine = translateLoss(options.engine);
  const commands = ulCommands({ engine, persistence: options.persistence });
  const page = adminPage(options.version);
  const app = openApp([admitOnly(options.token)]);

  app.post("/RPC", express.raw({ type: () => true, limit: BODY_OCTETS_MAX, inflate: false }));
  route(app, "/RPC", "POST", (request, response) => answerPost(request, response, commands));
  route(app, "/api/v1/contacts", "GET", async (request, response) => {
    sendJson(response, await listContacts(engine, readContactQuery(request.query)));
  });
  route(app, "/api/v1/contacts/:ruid", "GET", async (request, response) => {
    const contact = await engine.contact(String(request.params["ruid"]));
    if (contact === null) throw new HttpProblem(404, "Not Found", { detail: "There is no contact with this ruid" });
    sendJson(response, readable(contact));
  });
  route(app, "/api/v1/summary", "GET", async (_request, response) => {
    sendJson(response, { version: options.version, ...summaryOf(await engine.snapshot(), options.rows) });
  });
  route(app, "/api/v1/rtt-histogram", "GET", async (_request, response) => {
    sendJson(response, rttHistogramOf(await engine.snapshot(), options.rows));
  });
  route(app, "/-/reload", "POST", (request, response) => reload(options, request, response));
  route(app, "/", "GET", (_request, response) => {
    response.setHeader("Content-Security-Policy", page.contentSecurityPolicy);
    send(response, { contentType: "text/html; charset=utf-8", text: page.html });
  });
  return closeApp(app, options.log);
}

/** The same engine, whose rejections say 503. */
function translateLoss(engine: AdminOptions["engine"]): AdminOptions["engine"] {
  const lost = (cause: unknown): never => {
    throw engineGone(cause);
  };
  return {
    dumpPage: (cursor, limit) => engine.dumpPage(cursor, limit).catch(lost),
    lookup: (aor) => engine.lookup(aor).catch(lost),
    contact: (ruid) => engine.contact(ruid).catch(lost),
    snapshot: () => engine.snapshot().catch(lost),
  };
}

async function answerPost(request: Request, response: Response, commands: RpcCommands): Promise<void> {
  const reply = await answerRpc(utf8Text(request.body), commands);
  await sendPieces(response, { ...reply, contentType: "application/json" }, reply.body);
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** `null` for a body that is missing or not UTF-8. */
function utf8Text(body: unknown): string | null {
  if (!Buffer.isBuffer(body)) return null;
  try {
    return utf8.decode(body);
  } catch {
    return null;
  }
}

async function reload(options: AdminOptions, request: Request, response: Response): Promise<void> {
  options.log.info("configuration reload requested", { remote: request.socket.remoteAddress ?? null });
  const outcome = await options.reload();
  if (outcome.kind === "refused") {
    const problems = outcome.problems;
    throw new HttpProblem(500, "Configuration Refused", {
      detail: `${problems.length} problem(s), the running configuration stays`,
      members: { problems },
    });
  }
  sendJson(response, { live: outcome.live, needRestart: outcome.needRestart });
}

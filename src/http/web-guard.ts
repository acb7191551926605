/**
 * What a web configuration file puts in front of a listener: TLS, users, response headers. Without a file, nothing.
 *
 * @module
 */
import type { RequestHandler } from "express";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Random } from "../base/random.ts";
import { admitUsers, type PasswordComparer } from "./basic-auth.ts";
import { openBcryptThread } from "./bcrypt-thread.ts";
import { openWebConfig } from "./web-config.ts";
import type { TlsSource } from "./web-tls.ts";

/** In front of a listener. Disposing ends the thread that compares passwords. */
export interface WebGuard extends AsyncDisposable {
  /** Run before every route, unknown paths included. */
  readonly first: readonly RequestHandler[];
  /** `null` = plain HTTP. */
  readonly tls: TlsSource | null;
}

/** What `openWebGuard` needs. */
export interface WebGuardOptions {
  /** The web configuration file; `null` = none. */
  readonly path: string | null;
  readonly log: Log;
  readonly random: Random;
  readonly clock?: Clock;
  /** A bcrypt thread when left out. */
  readonly comparer?: PasswordComparer;
}

/** @throws {ConfigError} when the file cannot be used */
export function openWebGuard({ path, log, random, clock, comparer }: WebGuardOptions): WebGuard {
  if (path === null) return { first: [], tls: null, [Symbol.asyncDispose]: async () => {} };
  const config = openWebConfig({ path, log, ...(clock === undefined ? {} : { clock }) });
  const thread = openBcryptThread();
  const setHeaders: RequestHandler = (_request, response, next) => {
    response.set(config.current().headers);
    next();
  };
  const users = () => config.current().users;
  return {
    first: [setHeaders, admitUsers({ users, comparer: comparer ?? thread, random, log })],
    tls: config.tls,
    [Symbol.asyncDispose]: () => thread[Symbol.asyncDispose](),
  };
}

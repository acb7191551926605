/**
 * The web configuration of a listener that runs: file and certificates are read again when they change.
 *
 *      each request, each connection --> is one of the files newer? --no--> what is in use
 *                                              |
 *                                              +--yes--> read, check --right--> in use from now on
 *                                                                    --wrong--> logged once, the old one stays
 *
 * Looking costs one `stat` per file. What cannot change without a restart: whether TLS is spoken at all, and whether
 * clients are asked for a certificate.
 *
 * @module
 */
import { readFileSync, type Stats, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { SecureContextOptions } from "node:tls";
import { isDeepStrictEqual } from "node:util";
import { type Clock, systemClock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { ConfigError } from "../config/errors.ts";
import { readWebConfigText, type WebConfigText } from "./web-config-text.ts";
import { secureOptionsOf, type TlsSource } from "./web-tls.ts";

/** A web configuration that can be used as it is. */
export interface WebConfig extends Omit<WebConfigText, "tls"> {
  /** `null` = plain HTTP. */
  readonly secure: SecureContextOptions | null;
}

/** One reading of all files. */
interface Reading {
  /** The texts by path, `null` for one that cannot be read; the web configuration file first. */
  readonly texts: ReadonlyMap<string, string | null>;
  readonly outcome: { readonly value: WebConfig } | { readonly problems: readonly string[] };
}

type ReadFile = (path: string) => string;

/** Every problem of a web configuration file and of the files it names, with its source; empty when it can be used. */
export function problemsOfWebConfig(path: string, readFile: ReadFile): readonly string[] {
  const { outcome } = readAll(path, readFile);
  return "problems" in outcome ? outcome.problems : [];
}

function readAll(path: string, readFile: ReadFile): Reading {
  const texts = new Map<string, string | null>();
  const problems: string[] = [];
  const read = (file: string, name: string): string => {
    try {
      texts.set(file, readFile(file));
    } catch (error) {
      texts.set(file, null);
      // "ENOENT: no such file or directory, open 'web.yml'": the path stands before it already.
      const reason = error instanceof Error ? error.message.split(", ", 1)[0] : String(error);
      problems.push(`${path}: ${name}cannot be read: ${reason}`);
    }
    return texts.get(file) ?? "";
  };
  const failed = (more: readonly string[]): Reading => {
    return { texts, outcome: { problems: [...problems, ...more.map((problem) => `${path}: ${problem}`)] } };
  };

  const text = read(path, "");
  if (problems.length > 0) return failed([]);
  const parsed = readWebConfigText(text, dirname(resolve(path)));
  if ("problems" in parsed) return failed(parsed.problems);
  const { tls, users, headers } = parsed.value;
  if (tls === null) return { texts, outcome: { value: { users, headers, secure: null } } };
  const cert = read(tls.certFile, "tls_server_config.cert_file ");
  const key = read(tls.keyFile, "tls_server_config.key_file ");
  const { clientCaFile } = tls;
  const clientCa = clientCaFile === null ? null : read(clientCaFile, "tls_server_config.client_ca_file ");
  if (problems.length > 0) return failed([]);
  const secure = secureOptionsOf(tls, { cert, key, clientCa });
  if ("problems" in secure) return failed(secure.problems);
  return { texts, outcome: { value: { users, headers, secure: secure.value } } };
}

/** A file younger than this may change again within the same tick of the file system's clock. */
const FRESH_MS = 2_000;

/** How a web configuration is opened. */
export interface WebConfigOptions {
  readonly path: string;
  readonly log: Log;
  readonly clock?: Clock;
}

/** The web configuration in use. */
export interface LiveWebConfig {
  /** Looks for changes first; the same object as long as there are none. */
  current(): WebConfig;
  /** `null` = plain HTTP. */
  readonly tls: TlsSource | null;
}

/** @throws {ConfigError} when the file cannot be used */
export function openWebConfig(options: WebConfigOptions): LiveWebConfig {
  const file = new WebConfigFile(options);
  const { secure } = file.current();
  const asksForCertificate = secure?.ca !== undefined;
  const current = () => file.current();
  const tls = { asksForCertificate, current: () => file.current().secure ?? {} };
  return { current, tls: secure === null ? null : tls };
}

class WebConfigFile {
  readonly #path: string;
  readonly #log: Log;
  readonly #clock: Clock;
  #inUse: WebConfig;
  /** The last reading, whatever came of it. */
  #texts: Reading["texts"];
  #marks: string;
  #isFresh: boolean;
  #reported = "";

  constructor({ path, log, clock = systemClock }: WebConfigOptions) {
    this.#path = path;
    this.#log = log;
    this.#clock = clock;
    const { texts, outcome } = readAll(path, readText);
    if ("problems" in outcome) throw new ConfigError(outcome.problems);
    this.#inUse = outcome.value;
    this.#texts = texts;
    ({ marks: this.#marks, isFresh: this.#isFresh } = this.#look());
  }

  current(): WebConfig {
    const { marks, isFresh } = this.#look();
    if (marks === this.#marks && !this.#isFresh) return this.#inUse;
    this.#marks = marks;
    this.#isFresh = isFresh;
    const { texts, outcome } = readAll(this.#path, readText);
    if (isDeepStrictEqual(texts, this.#texts)) return this.#inUse;
    this.#texts = texts;
    const problems = "problems" in outcome ? outcome.problems : this.#restartNeeded(outcome.value);
    if (problems.length > 0) this.#refuse(problems);
    else if ("value" in outcome) this.#accept(outcome.value);
    return this.#inUse;
  }

  #accept(config: WebConfig): void {
    this.#inUse = config;
    this.#reported = "";
    this.#log.info("web configuration reloaded", { path: this.#path, users: config.users.size });
  }

  #refuse(problems: readonly string[]): void {
    const text = problems.join("\n");
    if (text === this.#reported) return;
    this.#reported = text;
    this.#log.warn("web configuration refused", { problems });
  }

  #restartNeeded(next: WebConfig): readonly string[] {
    const [old, now] = [this.#inUse.secure, next.secure];
    if ((old === null) !== (now === null)) return [`${this.#path}: tls_server_config comes and goes only by a restart`];
    if ((old?.ca === undefined) === (now?.ca === undefined)) return [];
    return [`${this.#path}: tls_server_config.client_auth_type changes only by a restart`];
  }

  /** What the file system says of the files of the last reading, without reading them. */
  #look(): { readonly marks: string; readonly isFresh: boolean } {
    const newest = this.#clock.wallMs() - FRESH_MS;
    let isFresh = false;
    const marks = [...this.#texts.keys()].map((path) => {
      const stats = statsOf(path);
      isFresh ||= (stats?.mtimeMs ?? 0) > newest;
      return stats === null ? "gone" : `${stats.ino}:${stats.size}:${stats.mtimeMs}`;
    });
    return { marks: marks.join(), isFresh };
  }
}

/** `null` when the file is not there or may not be looked at. */
function statsOf(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}

const readText = (path: string): string => readFileSync(path, "utf8");

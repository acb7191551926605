/**
 * The web configuration file: the format that Prometheus and its exporters share (exporter-toolkit), as text.
 *
 * Nothing is opened here. A key that has no effect here is refused instead of ignored: whoever writes
 * `client_allowed_sans` believes that it protects something. Messages never quote a password hash.
 *
 * @module
 */
import { resolve } from "node:path";
import { printable } from "../base/log.ts";
import { nearest } from "../config/near-miss.ts";
import { isMap, isNothing, readYamlText, type YamlValue } from "../config/yaml-text.ts";

/** What the file says, paths resolved. */
export interface WebConfigText {
  /** `null` = plain HTTP. */
  readonly tls: TlsSettings | null;
  /** Name to bcrypt hash; empty = anyone may come in. */
  readonly users: ReadonlyMap<string, string>;
  /** Response headers by name, in the format's own spelling. */
  readonly headers: Readonly<Record<string, string>>;
}

/** `tls_server_config`. */
export interface TlsSettings {
  readonly certFile: string;
  readonly keyFile: string;
  /** Whoever shows no certificate of one of these authorities is refused; `null` = nobody is asked for one. */
  readonly clientCaFile: string | null;
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
  /** OpenSSL's names of the suites for TLS 1.2, in order; `null` = Node's own choice. */
  readonly cipherSuites: readonly string[] | null;
  readonly prefersServerOrder: boolean;
}

/** Node's name of a version. */
export type TlsVersion = "TLSv1.2" | "TLSv1.3";

/** Versions from 1.2 on; older ones are broken (RFC 8996). */
const VERSIONS: Readonly<Record<string, TlsVersion>> = { TLS12: "TLSv1.2", TLS13: "TLSv1.3" };

/** Always on with TLS 1.3, in any configuration. */
export const TLS13_SUITES = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"];

/** OpenSSL's name for each suite of TLS 1.2 with forward secrecy that the format knows. */
const TLS12_SUITES: Readonly<Record<string, string>> = {
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: "ECDHE-ECDSA-AES128-SHA",
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: "ECDHE-ECDSA-AES256-SHA",
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: "ECDHE-ECDSA-AES128-GCM-SHA256",
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: "ECDHE-ECDSA-AES256-GCM-SHA384",
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: "ECDHE-ECDSA-CHACHA20-POLY1305",
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: "ECDHE-RSA-AES128-SHA",
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: "ECDHE-RSA-AES256-SHA",
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: "ECDHE-RSA-AES128-GCM-SHA256",
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: "ECDHE-RSA-AES256-GCM-SHA384",
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: "ECDHE-RSA-CHACHA20-POLY1305",
};

/** The format allows these headers, with these values; `null` = any. */
const HEADERS: Readonly<Record<string, readonly string[] | null>> = {
  "Content-Security-Policy": null,
  "X-Frame-Options": ["deny", "sameorigin"],
  "X-Content-Type-Options": ["nosniff"],
  "X-XSS-Protection": null,
  "Strict-Transport-Security": null,
};

/** Keys of the format that do nothing here. */
const UNSUPPORTED = new Set([
  "tls_server_config.cert",
  "tls_server_config.key",
  "tls_server_config.client_ca",
  "tls_server_config.client_allowed_sans",
  "tls_server_config.curve_preferences",
  "rate_limit",
]);

/** bcrypt, cost 4 to 16: beyond that one login takes more than ten seconds. */
const BCRYPT_HASH = /^\$2[aby]\$(0[4-9]|1[0-6])\$[./A-Za-z0-9]{53}$/;

/** A name as it can stand before the colon of a credential (RFC 7617 §2). */
const USER_NAME = /^[^:\p{Cc}]{1,200}$/u;

/** The format is for "a few users". */
const USERS_MAX = 1_000;

/**
 * Reads the text of a web configuration file. Never throws.
 *
 * @param folder where relative paths start: the folder of the file
 * @returns the configuration, or every problem without its source
 */
export function readWebConfigText(
  text: string,
  folder: string,
): { readonly value: WebConfigText } | { readonly problems: readonly string[] } {
  const read = readYamlText(text);
  if ("problem" in read) return { problems: [read.problem] };
  const problems: string[] = [];
  const root = new Section("", read.value, problems);
  const tls = readTls(root.section("tls_server_config"), folder);
  const headers = readHttp(root.section("http_server_config"));
  const users = readUsers(root.section("basic_auth_users"));
  root.end();
  return problems.length > 0 ? { problems } : { value: { tls, users, headers } };
}

function readTls(section: Section, folder: string): TlsSettings | null {
  const certFile = section.text("cert_file");
  const keyFile = section.text("key_file");
  const clientCaFile = section.text("client_ca_file");
  const clientAuth = section.oneOf("client_auth_type", ["NoClientCert", "RequireAndVerifyClientCert"], "NoClientCert");
  const [minVersion, maxVersion] = [
    VERSIONS[section.oneOf("min_version", Object.keys(VERSIONS), "TLS12")] ?? "TLSv1.2",
    VERSIONS[section.oneOf("max_version", Object.keys(VERSIONS), "TLS13")] ?? "TLSv1.3",
  ];
  const suites = section.list("cipher_suites", [...Object.keys(TLS12_SUITES), ...TLS13_SUITES]);
  const prefersServerOrder = section.oneOf("prefer_server_cipher_suites", ["true", "false"], "true") === "true";
  section.end();
  if (section.isEmpty) return null;
  if (certFile === null) section.report("cert_file is missing");
  if (keyFile === null) section.report("key_file is missing");
  if (minVersion > maxVersion) section.report("max_version must not be below min_version");
  const isAsked = clientAuth === "RequireAndVerifyClientCert";
  if (isAsked && clientCaFile === null) section.report("client_ca_file is missing: client_auth_type needs it");
  if (!isAsked && clientCaFile !== null) {
    section.report("client_ca_file has no effect without client_auth_type: RequireAndVerifyClientCert");
  }
  const tls12 = suites.flatMap((name) => TLS12_SUITES[name] ?? []);
  return {
    certFile: resolve(folder, certFile ?? ""),
    keyFile: resolve(folder, keyFile ?? ""),
    clientCaFile: clientCaFile === null ? null : resolve(folder, clientCaFile),
    minVersion,
    maxVersion,
    cipherSuites: suites.length === 0 ? null : tls12,
    prefersServerOrder,
  };
}

function readHttp(section: Section): Readonly<Record<string, string>> {
  section.oneOf("http2", ["true", "false"], "true"); // What is spoken is negotiated: a client takes HTTP/1.1 as well.
  const headers = section.section("headers");
  section.end();
  const found: Record<string, string> = {};
  for (const [name, values] of Object.entries(HEADERS)) {
    const value = values === null ? headers.text(name) : headers.oneOf(name, ["", ...values], "");
    if (value === null || value === "") continue;
    if (/^[\t\x20-\x7e]+$/.test(value)) found[name] = value;
    else headers.report(`${name} must be one line of ASCII characters`);
  }
  headers.end();
  return found;
}

function readUsers(section: Section): ReadonlyMap<string, string> {
  const users = new Map<string, string>();
  if (section.keys.length > USERS_MAX) section.report(`more than ${USERS_MAX} users`);
  for (const name of section.keys.slice(0, USERS_MAX)) {
    const hash = section.text(name);
    if (!USER_NAME.test(name)) section.report(`${printable(name)} must be a name without colon`);
    else if (hash === null || !BCRYPT_HASH.test(hash)) {
      section.report(`${printable(name)} must be a bcrypt hash of cost 4 to 16, as htpasswd -nBC 10 prints it`);
    } else users.set(name, hash);
  }
  return users;
}

/** One map of the file: hands out values by key, and at the end knows which keys nobody asked for. */
class Section {
  readonly #path: string;
  readonly #map: Readonly<Record<string, YamlValue>>;
  readonly #asked = new Set<string>();
  readonly #problems: string[];

  constructor(path: string, value: YamlValue, problems: string[]) {
    this.#path = path;
    this.#map = isMap(value) ? value : {};
    this.#problems = problems;
    if (isMap(value) || isNothing(value)) return;
    problems.push(path === "" ? "must be a map such as basic_auth_users: {}" : `${path} must be a map`);
  }

  get keys(): readonly string[] {
    return Object.keys(this.#map);
  }

  get isEmpty(): boolean {
    return this.keys.length === 0;
  }

  /** @param sentence begins with the key */
  report(sentence: string): void {
    this.#problems.push(`${this.#path}.${sentence}`);
  }

  section(key: string): Section {
    return new Section(this.#pathOf(key), this.#value(key), this.#problems);
  }

  /** `null` when there is none. */
  text(key: string): string | null {
    const value = this.#value(key);
    if (isNothing(value)) return null;
    if (typeof value === "string") return value;
    this.report(`${printable(key)} must be one value`);
    return null;
  }

  oneOf(key: string, words: readonly string[], standard: string): string {
    const value = this.#value(key);
    if (isNothing(value)) return standard;
    if (typeof value === "string" && words.includes(value)) return value;
    const got = typeof value === "string" ? `, got ${printable(value)}` : "";
    this.report(`${key} must be one of ${words.filter((word) => word !== "").join(", ")}${got}`);
    return standard;
  }

  /** Empty when there is none. */
  list(key: string, words: readonly string[]): readonly string[] {
    const value = this.#value(key);
    if (isNothing(value)) return [];
    if (!Array.isArray(value)) {
      this.report(`${key} must be a list`);
      return [];
    }
    for (const item of value) {
      if (typeof item === "string" && words.includes(item)) continue;
      const got = typeof item === "string" ? printable(item) : "something else";
      this.report(`${key} must hold names of suites with forward secrecy such as ${words[2]}, got ${got}`);
    }
    return value;
  }

  /** Call it after the last key was asked for. */
  end(): void {
    for (const key of this.keys) {
      if (this.#asked.has(key)) continue;
      const path = this.#pathOf(key);
      const meant = nearest(key, [...this.#asked]);
      const reason = UNSUPPORTED.has(path)
        ? "is not supported here"
        : `is not a key of a web configuration file${meant === null ? "" : ` (did you mean ${meant}?)`}`;
      this.#problems.push(`${printable(path)} ${reason}`);
    }
  }

  #value(key: string): YamlValue {
    this.#asked.add(key);
    return Object.hasOwn(this.#map, key) ? (this.#map[key] ?? null) : null;
  }

  #pathOf(key: string): string {
    return this.#path === "" ? key : `${this.#path}.${key}`;
  }
}

import { readFileSync, renameSync, utimesSync, writeFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import { type ConnectionOptions, connect as connectSecurely } from "node:tls";
import { hashSync } from "bcryptjs";
import { describe, expect, test } from "vitest";
import { seededRandom } from "../../src/base/random.ts";
import type { ConfigError } from "../../src/config/errors.ts";
import type { HttpOptions } from "../../src/http/server.ts";
import { openHttp } from "../../src/http/server.ts";
import { createWebApp } from "../../src/http/web.ts";
import { openWebConfig, problemsOfWebConfig } from "../../src/http/web-config.ts";
import { openWebGuard } from "../../src/http/web-guard.ts";
import { ManualClock } from "../fakes/manual-clock.ts";
import { type TemporaryFolder, temporaryFolder } from "../real/support/folder.ts";
import { openAuthority } from "../support/certificates.ts";
import { type Answer, closeLater, expectProblem, recordingLog } from "./http-support.ts";

const authority = openAuthority("test authority");
const stranger = openAuthority("another authority");
const ALICE = { name: "alice", password: "correct horse", hash: hashSync("correct horse", 4) };
const BOB = { name: "bob", password: "battery staple", hash: hashSync("battery staple", 4) };
const usersText = (...users: readonly (typeof ALICE)[]) =>
  `basic_auth_users: {${users.map(({ name, hash }) => `${name}: ${hash}`).join(", ")}}\n`;
const TLS = "tls_server_config:\n  cert_file: web.crt\n  key_file: web.key\n";

/** Writes a certificate and its key as `web.crt`, `web.key`. */
function install(folder: TemporaryFolder, name: string, issuer = authority): void {
  const { cert, key } = issuer.issue(name);
  folder.write("web.crt", cert);
  folder.write("web.key", key);
}

/** The web listener behind the file `web.yml` of a folder. */
async function serveGuarded(folder: TemporaryFolder, fields: Partial<HttpOptions> = {}) {
  const log = recordingLog();
  // Years before any file was written: every look counts as one at a fresh file.
  const clock = new ManualClock({ wallMs: 1_000_000 });
  const guard = openWebGuard({ path: folder.file("web.yml"), log, random: seededRandom(1), clock });
  const metrics = {
    render: async () => ({ contentType: "text/plain", contentEncoding: null, body: Buffer.from("up 1\n") }),
  };
  const app = createWebApp({
    version: "1.2.3",
    metrics,
    notReadyBecause: () => null,
    first: guard.first,
    log,
  });
  const http = closeLater(
    await openHttp({ app, listen: { host: "127.0.0.1", port: 0 }, tls: guard.tls, log, ...fields }),
  );
  return { url: http.url, port: Number(new URL(http.url).port), http, log, clock };
}

/** One request on a connection of its own, with or without a user. */
function ask(
  url: string,
  user: typeof ALICE | null = null,
  tls: ConnectionOptions = {},
  method = "GET",
): Promise<Answer> {
  const auth = user === null ? {} : { auth: `${user.name}:${user.password}` };
  const options = { ...auth, ...tls, method, agent: false, ca: authority.cert };
  return new Promise((resolve, reject) => {
    const request = (url.startsWith("https:") ? httpsRequest : httpRequest)(url, options, (response) => {
      response.toArray().then((chunks) => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, reason: "", headers: response.headers, text });
      }, reject);
    });
    request.on("error", reject).end();
  });
}

/** A handshake: who the server is and what was agreed on, or the code of the error. */
function handshake(
  port: number,
  options: ConnectionOptions = {},
): Promise<{ name: string; protocol: string; cipher: string } | string> {
  return new Promise((resolve) => {
    const socket = connectSecurely({ host: "127.0.0.1", port, ca: authority.cert, ...options }, () => {
      const name = String(socket.getPeerCertificate().subject.CN);
      resolve({ name, protocol: socket.getProtocol() ?? "", cipher: socket.getCipher().name });
      socket.destroy();
    });
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

describe("a listener with users", () => {
  test.each([
    { path: "/metrics", has: "up 1\n" },
    { path: "/-/healthy", has: "sipulse is healthy" },
    { path: "/-/ready", has: "sipulse is ready" },
    { path: "/", has: "<!doctype html>" },
  ])(
    "answers $path to a right user only; others get 401 with the scheme, whatever the method",
    async ({ path, has }) => {
      using folder = temporaryFolder();
      folder.write("web.yml", usersText(ALICE));
      const { url } = await serveGuarded(folder);
      const right = await ask(url + path, ALICE);
      expect(right.status).toBe(200);
      expect(right.text).toContain(has);
      for (const user of [null, BOB, { ...ALICE, password: "wrong" }, { ...ALICE, name: "mallory" }]) {
        for (const method of ["GET", "HEAD", "POST"]) {
          const refused = await ask(url + path, user, {}, method);
          expectProblem(refused, 401);
          expect(refused.headers["www-authenticate"]).toBe('Basic realm="sipulse", charset="UTF-8"');
          expect(refused.text).not.toContain(has);
        }
      }
    },
  );

  test("does not tell strangers which paths exist", async () => {
    using folder = temporaryFolder();
    folder.write("web.yml", usersText(ALICE));
    const { url } = await serveGuarded(folder);
    expectProblem(await ask(`${url}/nosuch`), 401);
    expectProblem(await ask(`${url}/nosuch`, ALICE), 404);
  });

  test("takes users in and out while it runs, without a restart", async () => {
    using folder = temporaryFolder();
    folder.write("web.yml", usersText(ALICE));
    const { url, log } = await serveGuarded(folder);
    const statuses = async () => [(await ask(url, ALICE)).status, (await ask(url, BOB)).status];
    expect(await statuses()).toEqual([200, 401]);
    folder.write("web.yml", usersText(ALICE, BOB));
    expect(await statuses()).toEqual([200, 200]);
    folder.write("web.yml", usersText(BOB));
    expect(await statuses()).toEqual([401, 200]);
    folder.write("web.yml", usersText({ ...BOB, hash: ALICE.hash }));
    expect(await statuses()).toEqual([401, 401]);
    expect(log.lines).toEqual(Array(3).fill("info web configuration reloaded"));
  });

  test("keeps the users it has when the new file is broken or gone, and says so once", async () => {
    using folder = temporaryFolder();
    folder.write("web.yml", usersText(ALICE));
    const { url, log } = await serveGuarded(folder);
    for (const broken of ["basic_auth_users: {alice: hush}\n", "", "basic_auth_users: [\n"]) {
      if (broken === "") renameSync(folder.file("web.yml"), folder.file("away.yml"));
      else folder.write("web.yml", broken);
      for (let i = 0; i < 3; i++) expect((await ask(url)).status).toBe(401);
      expect((await ask(url, ALICE)).status).toBe(200);
    }
    expect(log.lines).toEqual(Array(3).fill("warn web configuration refused"));
    folder.write("web.yml", "# Nobody is asked for anything any more.\n");
    expect((await ask(url)).status).toBe(200);
    expect(log.lines.at(-1)).toBe("info web configuration reloaded");
  });

  test("sends the headers of the file instead of its own, on refusals too", async () => {
    using folder = temporaryFolder();
    const headers = "X-Frame-Options: sameorigin, Strict-Transport-Security: max-age=60";
    folder.write("web.yml", `http_server_config: {headers: {${headers}}}\n${usersText(ALICE)}`);
    const { url } = await serveGuarded(folder);
    for (const answer of [await ask(url), await ask(url, ALICE), await ask(`${url}/nosuch`, ALICE)]) {
      expect(answer.headers).toMatchObject({
        "x-frame-options": "sameorigin",
        "strict-transport-security": "max-age=60",
        "x-content-type-options": "nosniff",
      });
    }
  });
});

test("an old file is looked at and not read again; a change of it is seen by time, size or inode", async () => {
  using folder = temporaryFolder();
  folder.write("web.yml", usersText(ALICE));
  const { url, clock } = await serveGuarded(folder);
  clock.stepWall(Date.parse("2200-01-01")); // Every file is old now.
  expect((await ask(url, ALICE)).status).toBe(200);
  folder.write("next.yml", usersText(BOB));
  renameSync(folder.file("next.yml"), folder.file("web.yml"));
  expect([(await ask(url, ALICE)).status, (await ask(url, BOB)).status]).toEqual([401, 200]);
});

test("a young file is read again even if nothing shows that it changed: a file system's clock has ticks", () => {
  using folder = temporaryFolder();
  const path = folder.write("web.yml", usersText(ALICE));
  const writtenS = 1_700_000_000;
  const clock = new ManualClock({ wallMs: writtenS * 1_000 });
  utimesSync(path, writtenS, writtenS);
  const config = openWebConfig({ path, log: recordingLog(), clock });
  /** Size, inode and time stay as they are. */
  const rewriteWith = (hash: string) => {
    folder.write("web.yml", usersText({ ...ALICE, hash }));
    utimesSync(path, writtenS, writtenS);
    return config.current().users.get("alice");
  };
  expect(rewriteWith(BOB.hash)).toBe(BOB.hash);
  clock.advance(1_999);
  expect(rewriteWith(ALICE.hash)).toBe(ALICE.hash);
  clock.advance(1);
  config.current();
  // From here on an untouched file costs a look and no reading.
  expect(rewriteWith(BOB.hash)).toBe(ALICE.hash);
});

describe("a listener with a certificate", () => {
  test("speaks TLS 1.2 and 1.3, and nothing older (C16)", async () => {
    using folder = temporaryFolder();
    install(folder, "first");
    folder.write("web.yml", TLS);
    const { url, port } = await serveGuarded(folder);
    expect(url).toMatch(/^https:/);
    expect(await ask(`${url}/metrics`)).toMatchObject({ status: 200, text: "up 1\n" });
    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      const agreed = await handshake(port, { minVersion: version, maxVersion: version });
      expect(agreed).toMatchObject({ name: "first", protocol: version });
    }
    // The security level 0 lets the client offer what the server must refuse.
    for (const version of ["TLSv1", "TLSv1.1"] as const) {
      const options = { minVersion: version, maxVersion: version, ciphers: "DEFAULT@SECLEVEL=0" };
      expect(await handshake(port, options)).toBe("ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION");
    }
  });

  test.each([
    { text: "  min_version: TLS13\n", ask: "TLSv1.2", got: "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION" },
    { text: "  max_version: TLS12\n", ask: "TLSv1.3", got: "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION" },
    {
      text: "  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]\n",
      ask: "TLSv1.2",
      got: { cipher: "ECDHE-ECDSA-AES256-GCM-SHA384" },
    },
    {
      text: "  cipher_suites: [TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]\n",
      ask: "TLSv1.2",
      got: { cipher: "ECDHE-ECDSA-CHACHA20-POLY1305" },
    },
    {
      text: "  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]\n",
      ask: "TLSv1.3",
      got: { protocol: "TLSv1.3" },
    },
  ] as const)("$ask with $text is $got", async ({ text, ask: version, got }) => {
    using folder = temporaryFolder();
    install(folder, "first");
    folder.write("web.yml", TLS + text);
    const { port } = await serveGuarded(folder);
    const outcome = await handshake(port, { minVersion: version, maxVersion: version });
    if (typeof got === "string") expect(outcome).toBe(got);
    else expect(outcome).toMatchObject(got);
  });

  test("uses a new certificate from the next handshake on, and leaves open connections alone", async () => {
    using folder = temporaryFolder();
    install(folder, "first");
    folder.write("web.yml", TLS);
    const { port, log } = await serveGuarded(folder);
    const open = connectSecurely({ host: "127.0.0.1", port, ca: authority.cert });
    await new Promise((resolve) => open.once("secureConnect", resolve));
    install(folder, "second");
    expect(await handshake(port)).toMatchObject({ name: "second" });
    open.write("GET /-/healthy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    expect(String(Buffer.concat(await open.toArray()))).toContain("sipulse is healthy");
    expect(log.lines).toEqual(["info web configuration reloaded"]);
  });

  test("keeps the old certificate while the new one is broken, half written or not for the key, and says so once", async () => {
    using folder = temporaryFolder();
    install(folder, "first");
    folder.write("web.yml", TLS);
    const { port, log } = await serveGuarded(folder);
    const cert = readFileSync(folder.file("web.crt"), "utf8");
    for (const broken of ["", cert.slice(0, cert.length / 2), stranger.issue("second").cert]) {
      writeFileSync(folder.file("web.crt"), broken);
      for (let i = 0; i < 3; i++) expect(await handshake(port)).toMatchObject({ name: "first" });
    }
    // The first two have the same problem: there is no certificate in the file.
    expect(log.lines).toEqual(Array(2).fill("warn web configuration refused"));
    install(folder, "third");
    expect(await handshake(port)).toMatchObject({ name: "third" });
  });

  test.each([
    { before: TLS, after: usersText(ALICE), because: "TLS does not go" },
    { before: usersText(ALICE), after: TLS, because: "TLS does not come" },
    {
      before: TLS,
      after: `${TLS}  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.crt\n`,
      because: "nobody was asked for a certificate",
    },
  ])("while it runs, $because: the file is refused as a whole", async ({ before, after }) => {
    using folder = temporaryFolder();
    install(folder, "first");
    folder.write("ca.crt", authority.cert);
    folder.write("web.yml", before);
    const { url, log } = await serveGuarded(folder);
    const first = (await ask(url)).status;
    folder.write("web.yml", after);
    expect((await ask(url)).status).toBe(first);
    expect(log.lines).toEqual(["warn web configuration refused"]);
  });

  test("lets in only clients with a certificate of the authority, where the file says so", async () => {
    using folder = temporaryFolder();
    install(folder, "first");
    folder.write("ca.crt", authority.cert);
    folder.write("web.yml", `${TLS}  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.crt\n`);
    const { url } = await serveGuarded(folder);
    expect((await ask(url, null, authority.issue("scraper"))).status).toBe(200);
    await expect(ask(url)).rejects.toThrow();
    await expect(ask(url, null, stranger.issue("scraper"))).rejects.toThrow();
    // Another authority: the next handshake asks for its certificates.
    folder.write("ca.crt", stranger.cert);
    expect((await ask(url, null, stranger.issue("scraper"))).status).toBe(200);
    await expect(ask(url, null, authority.issue("scraper"))).rejects.toThrow();
  });

  test("does not renegotiate (C16)", async () => {
    using folder = temporaryFolder();
    install(folder, "first");
    folder.write("web.yml", TLS);
    const { port } = await serveGuarded(folder);
    const socket = connectSecurely({ host: "127.0.0.1", port, ca: authority.cert, maxVersion: "TLSv1.2" });
    await new Promise((resolve) => socket.once("secureConnect", resolve));
    const outcome = new Promise<string>((resolve) => {
      socket.on("error", () => resolve("refused")).once("close", () => resolve("refused"));
      socket.renegotiate({}, (error) => resolve(error === null ? "renegotiated" : "refused"));
    });
    socket.resume();
    expect(await outcome).toBe("refused");
  });

  test("cuts off a client that opens a connection and says nothing, or does not speak TLS (C16)", {
    timeout: 5_000, // Well below the ten seconds that a handshake has outside of tests.
  }, async () => {
    using folder = temporaryFolder();
    install(folder, "first");
    folder.write("web.yml", TLS);
    const { port } = await serveGuarded(folder, { requestTimeoutMs: 200 });
    for (const said of ["", "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"]) {
      const socket = connect(port, "127.0.0.1");
      socket.write(said);
      const heard = await new Promise<string>((resolve) => {
        let text = "";
        socket.on("data", (data) => {
          text += data.toString("latin1");
        });
        socket.on("error", () => {}).once("close", () => resolve(text));
      });
      expect(heard).not.toContain("up 1");
    }
    expect(await handshake(port)).toMatchObject({ name: "first" });
  });

  test("close() does not wait for a handshake that nobody finishes", { timeout: 5_000 }, async () => {
    using folder = temporaryFolder();
    install(folder, "first");
    folder.write("web.yml", TLS);
    const clock = new ManualClock();
    const { http, port } = await serveGuarded(folder, { clock });
    const socket = connect(port, "127.0.0.1");
    await new Promise((resolve) => socket.once("connect", resolve));
    expect(await handshake(port)).toMatchObject({ name: "first" }); // So that the other one was accepted, too.
    const closed = http.close();
    clock.advance(2_000);
    await closed;
    socket.destroy();
  });
});

describe("a file that cannot be used", () => {
  const read = (path: string) => readFileSync(path, "utf8");
  const { cert, key } = authority.issue("first");
  const other = authority.issue("other");
  test.each([
    { files: {}, lines: ["web.yml: cannot be read: ENOENT: no such file or directory"] },
    {
      files: { "web.yml": TLS },
      lines: [
        "web.yml: tls_server_config.cert_file cannot be read: ENOENT: no such file or directory",
        "web.yml: tls_server_config.key_file cannot be read: ENOENT: no such file or directory",
      ],
    },
    {
      files: { "web.yml": TLS, "web.crt": key, "web.key": cert },
      lines: [
        "web.yml: tls_server_config.cert_file must hold a certificate in PEM form",
        "web.yml: tls_server_config.key_file must hold a private key in PEM form, without passphrase",
      ],
    },
    {
      files: { "web.yml": TLS, "web.crt": cert, "web.key": other.key },
      lines: ["web.yml: tls_server_config.key_file does not belong to the certificate in cert_file"],
    },
    {
      files: {
        "web.yml": `${TLS}  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.crt\n`,
        "web.crt": cert,
        "web.key": key,
        "ca.crt": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
      },
      lines: ["web.yml: tls_server_config.client_ca_file must hold certificates in PEM form"],
    },
    {
      files: { "web.yml": "basic_auth_users: {a: b}\n" },
      lines: [expect.stringContaining("basic_auth_users.a must be")],
    },
  ])("is reported whole and opens nothing: $lines", ({ files, lines }) => {
    using folder = temporaryFolder();
    for (const [name, text] of Object.entries(files)) folder.write(name, text ?? "");
    const path = folder.file("web.yml");
    const problems = problemsOfWebConfig(path, read).map((line) => line.replace(folder.path, "").replace(/^\//, ""));
    expect(problems).toEqual(lines);
    const open = () => openWebGuard({ path, log: recordingLog(), random: seededRandom(1) });
    expect(open).toThrow(expect.objectContaining({ code: "CONFIG" } satisfies Partial<ConfigError>));
  });
});

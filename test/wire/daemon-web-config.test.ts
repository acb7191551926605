/**
 * The daemon behind a web configuration file, and its objectives: set at the start, changed by a reload.
 *
 * @module
 */
import { request } from "node:https";
import { hashSync } from "bcryptjs";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../real/support/folder.ts";
import { RawPhones, users } from "../real/support/raw-phones.ts";
import { IN_MEMORY, startDaemon } from "../real/support/sipulse.ts";
import { openAuthority } from "../support/certificates.ts";

const TIMEOUT_MS = 60_000;

/** One GET over TLS; the status and the text. */
function get(url: string, options: { ca: string; auth?: string }): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { ...options, agent: false }, (response) => {
      response.toArray().then((chunks) => {
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() });
      }, reject);
    });
    asked.on("error", reject).end();
  });
}

describe("a daemon", { timeout: TIMEOUT_MS }, () => {
  test("with web.config_file serves its web listener over TLS to users only, and the admin listener as before", async () => {
    using folder = temporaryFolder();
    const authority = openAuthority("test authority");
    const { cert, key } = authority.issue("web");
    folder.write("web.crt", cert);
    folder.write("web.key", key);
    const hash = hashSync("correct horse", 4);
    const text = `tls_server_config: {cert_file: web.crt, key_file: web.key}\nbasic_auth_users: {alice: ${hash}}\n`;
    const path = folder.write("web.yml", text);
    await using daemon = await startDaemon([...IN_MEMORY, "--web.config_file", path]);

    expect(daemon.web).toMatch(/^https:/);
    const metrics = `${daemon.web}/metrics`;
    expect(await get(metrics, { ca: authority.cert })).toMatchObject({ status: 401 });
    const answer = await get(metrics, { ca: authority.cert, auth: "alice:correct horse" });
    expect(answer.status).toBe(200);
    expect(answer.text).toContain("\nsip_registrar_build_info{");
    expect((await fetch(`${daemon.admin}/api/v1/summary`)).status).toBe(200);
    expect(await daemon.process.stop()).toEqual({ code: 0, signal: null });
  });

  test("publishes its objectives for the domains that have contacts, and others after a reload", async () => {
    using folder = temporaryFolder();
    const path = folder.write("sipulse.yml", 'slo.reachability: ["*:0.99", own.example:0.9]\n');
    await using daemon = await startDaemon([...IN_MEMORY, "--config", path]);
    await using phones = await RawPhones.open();
    await phones.registerAll(daemon.sipPort(), users(1));
    const objectives = async () => {
      const text = await (await fetch(`${daemon.web}/metrics`)).text();
      return text.split("\n").filter((line) => line.startsWith("sip_registrar_slo_"));
    };
    expect(await objectives()).toEqual([
      'sip_registrar_slo_objective_ratio{slo="reachability",domain="own.example"} 0.9',
      'sip_registrar_slo_objective_ratio{slo="reachability",domain="example.org"} 0.99',
    ]);

    folder.write("sipulse.yml", 'slo.rtt: ["example.org:0.95:300ms"]\n');
    const answer = await fetch(`${daemon.admin}/-/reload`, { method: "POST" });
    expect(await answer.json()).toEqual({ live: ["slo.reachability", "slo.rtt"], needRestart: [] });
    expect(await objectives()).toEqual([
      'sip_registrar_slo_objective_ratio{slo="rtt",domain="example.org"} 0.95',
      'sip_registrar_slo_threshold_seconds{slo="rtt",domain="example.org"} 0.3',
    ]);
  });
});

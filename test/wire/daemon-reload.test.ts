/**
 * A new configuration for a process that runs: what it takes over, what it names, what it refuses.
 *
 * @module
 */
import { writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type TemporaryFolder, temporaryFolder } from "../real/support/folder.ts";
import { RawPhones, users } from "../real/support/raw-phones.ts";
import { IN_MEMORY, type RunningDaemon, startDaemon } from "../real/support/sipulse.ts";
import { until } from "../real/support/until.ts";

const TIMEOUT_MS = 60_000;
const SUCCESSFUL = "sip_registrar_config_last_reload_successful";
const SUCCESS_TIME = "sip_registrar_config_last_reload_success_timestamp_seconds";

/** An interval so long that a phone that is probed was probed because of a reload. */
const SLOW = "keepalive.interval: 1h\n";
const FAST = "keepalive.interval: 1s\n";

/** A daemon with a configuration file that can be rewritten. */
async function startWithFile(folder: TemporaryFolder, text: string) {
  const path = folder.write("sipulse.yml", text);
  const daemon = await startDaemon([...IN_MEMORY, "--config", path]);
  return { daemon, rewrite: (next: string) => writeFileSync(path, next), path };
}

const postReload = (daemon: RunningDaemon): Promise<Response> => fetch(`${daemon.admin}/-/reload`, { method: "POST" });

/** Resolves when each of ten phones has been probed. */
const probed = (phones: RawPhones): Promise<true> =>
  until("probe of each of 10 phones", () => phones.probes.size === 10);

/** With an interval of an hour nobody is probed any more; resolves when the last answer is in, the counts at zero. */
async function rest(daemon: RunningDaemon, phones: RawPhones): Promise<void> {
  await until("end of the probes", async () => (await daemon.metrics()).sum("sip_keepalive_in_flight") === 0);
  phones.probes.clear();
}

describe("a reload", { timeout: TIMEOUT_MS }, () => {
  test("by SIGHUP and by POST /-/reload takes over the keepalive interval and names what waits for a restart", async () => {
    using folder = temporaryFolder();
    const { daemon, rewrite } = await startWithFile(folder, SLOW);
    await using _daemon = daemon;
    await using phones = await RawPhones.open();
    await phones.registerAll(daemon.sipPort(), users(10));

    rewrite(`${FAST}server.id: 7\nlog.format: pretty\n`);
    daemon.process.signal("SIGHUP");
    await until("reload", () => daemon.log("configuration reloaded").length === 1);
    expect(daemon.log("configuration reloaded")[0]).toMatchObject({
      level: "info",
      live: ["keepalive.interval", "keepalive.probe_timeout"],
      needRestart: ["server.id", "log.format"],
    });
    await probed(phones);

    rewrite(`${SLOW}server.id: 7\n`);
    const answer = await postReload(daemon);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      live: ["keepalive.interval", "keepalive.probe_timeout"],
      // Named until the restart, although the file says so for the second time.
      needRestart: ["server.id"],
    });
    await rest(daemon, phones);

    rewrite(FAST);
    expect(await (await postReload(daemon)).json()).toMatchObject({ needRestart: [] });
    await probed(phones);
    expect((await daemon.metrics()).sum(SUCCESSFUL)).toBe(1);
  });

  test("with a wrong file keeps the settings, says so by log, answer and metric, and is over with a right one", async () => {
    using folder = temporaryFolder();
    const { daemon, rewrite, path } = await startWithFile(folder, FAST);
    await using _daemon = daemon;
    await using phones = await RawPhones.open();
    await phones.registerAll(daemon.sipPort(), users(10));
    await probed(phones);
    const before = await daemon.metrics();
    expect(before.sum(SUCCESSFUL)).toBe(1);

    rewrite("keepalive.interval: 30\nkeepalive.intervall: 30s\n");
    const problems = [
      `${path}: keepalive.intervall is not a setting (did you mean keepalive.interval?)`,
      `${path}: keepalive.interval must be a duration such as 500ms, 30s or 5m, got 30`,
    ];
    const answer = await postReload(daemon);
    expect(answer.status).toBe(500);
    expect(answer.headers.get("content-type")).toContain("application/problem+json");
    expect(await answer.json()).toMatchObject({ title: "Configuration Refused", problems });
    daemon.process.signal("SIGHUP");
    await until("second refusal", () => daemon.log("configuration refused").length === 2);
    for (const line of daemon.log("configuration refused")) expect(line).toMatchObject({ level: "warn", problems });
    const during = await daemon.metrics();
    expect(during.sum(SUCCESSFUL)).toBe(0);
    expect(during.sum(SUCCESS_TIME)).toBe(before.sum(SUCCESS_TIME));
    phones.probes.clear();
    await probed(phones);

    rewrite(FAST);
    daemon.process.signal("SIGHUP");
    await until("metric 1", async () => (await daemon.metrics()).sum(SUCCESSFUL) === 1);
    expect((await daemon.metrics()).sum(SUCCESS_TIME)).toBeGreaterThan(before.sum(SUCCESS_TIME));
    expect(await daemon.process.stop()).toEqual({ code: 0, signal: null });
  });
});

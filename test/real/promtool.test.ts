/**
 * What Prometheus' own checker says about the page of a daemon that runs: nothing.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { expect, test } from "vitest";
import { describeReal } from "../support/real.ts";
import { temporaryFolder } from "./support/folder.ts";
import { Samples } from "./support/metrics.ts";
import { type CommandEnd, IN_MEMORY, startDaemon, storedIn } from "./support/sipulse.ts";
import { until } from "./support/until.ts";

const TIMEOUT_MS = 60_000;

/** Runs `promtool check metrics` with that page as its input. */
function checkMetrics(promtool: string, page: string): Promise<CommandEnd> {
  return new Promise((resolve) => {
    const child = execFile(promtool, ["check", "metrics"], { timeout: 15_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : null;
      resolve({ code, stdout, stderr });
    });
    child.stdin?.end(page);
  });
}

/** The page of a daemon with a few seconds of life behind it, stored contacts and losses included. */
async function livePage(flags: readonly string[]): Promise<string> {
  await using daemon = await startDaemon([...flags, "--simulate", "100", "--keepalive.interval", "1s"]);
  return await until("loss and answers", async () => {
    const page = await (await fetch(`${daemon.web}/metrics`)).text();
    const samples = new Samples(page);
    const hasLosses = samples.sum("sip_keepalive_failures_total") > 0;
    return hasLosses && samples.sum("sip_keepalive_responses_total") > 100 && page;
  });
}

describeReal("promtool", "promtool check metrics", (paths) => {
  test.each([
    { what: "contacts in memory", flags: () => IN_MEMORY },
    {
      what: "contacts in a database",
      flags: (path: string) => ["--location.mode", "write-back", ...storedIn(path)],
    },
  ])(
    "has nothing to say about a daemon with $what",
    async ({ flags }) => {
      using folder = temporaryFolder();
      const page = await livePage(flags(folder.file("location.db")));
      expect(await checkMetrics(paths.promtool, page)).toEqual({ code: 0, stdout: "", stderr: "" });
    },
    TIMEOUT_MS,
  );

  test("would say something about a metric without help, and refuse what is no page", async () => {
    expect(await checkMetrics(paths.promtool, "# TYPE a_total counter\na_total 1\n")).toMatchObject({
      code: 3,
      stderr: expect.stringContaining("no help text"),
    });
    expect(await checkMetrics(paths.promtool, "a_total one\n")).toMatchObject({ code: 1 });
  });
});

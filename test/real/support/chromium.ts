/**
 * Chromium without a window: loads one page, lets its script run for a while, and hands over what became of it.
 *
 * @module
 */
import { startProcess } from "../../support/real.ts";
import { temporaryFolder } from "./folder.ts";

/** The page's own time: network waits do not count, and a pause of the script takes no time at all. */
const SCRIPT_TIME_MS = 5_000;
/** Starting takes most of it; far less on an idle machine. */
const LOAD_TIMEOUT_MS = 20_000;

/** Nothing but the page: no other connections, no graphics card, no sandbox (which root may not have). */
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--enable-logging=stderr",
  "--v=0",
] as const;

/** A page after its script has run. */
export interface LoadedPage {
  /** The document as it is now, not as it was sent. */
  readonly html: string;
  /** What the browser has to complain about: errors of the script, violations of the policy. */
  readonly console: readonly string[];
}

/**
 * Loads `url`.
 *
 * @param path of the program
 * @throws {Error} with the output of the program when there is no document in time
 */
export async function loadPage(path: string, url: string): Promise<LoadedPage> {
  using folder = temporaryFolder();
  const flags = [...FLAGS, `--user-data-dir=${folder.path}`, `--virtual-time-budget=${SCRIPT_TIME_MS}`];
  await using chromium = await startProcess(path, [...flags, "--dump-dom", url], {
    env: { HOME: folder.path },
    readyWhen: "</html>",
    readyTimeoutMs: LOAD_TIMEOUT_MS,
  });
  const output = chromium.output();
  // It removes files of its own while it ends; the folder goes after it.
  await chromium.stop();
  return {
    html: output.slice(output.indexOf("<!DOCTYPE html>"), output.indexOf("</html>")),
    console: output.split("\n").filter((line) => line.includes("CONSOLE")),
  };
}

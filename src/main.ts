#!/usr/bin/env node
/**
 * The process: its arguments, signals, streams and exit code, nothing else.
 *
 * Nothing is imported at the top, and no syntax is newer than ES2022, so that an old Node can still say what is wrong.
 * Daemon and simulator are imported by the command that needs them: `--help` stays fast.
 *
 * @module
 */
import type { SimulateOptions } from "./cli/simulate-options.ts";
import type { Handlers } from "./cli/world.ts";

/** First Node with everything that is used here. */
const NODE_MAJOR_MIN = 24;

if (Number(process.versions.node.split(".")[0]) < NODE_MAJOR_MIN) {
  process.stderr.write(`sipulse needs Node ${NODE_MAJOR_MIN} or newer, this is ${process.versions.node}\n`);
  process.exitCode = 2;
} else {
  await main();
}

async function main(): Promise<void> {
  const [{ runCommandLine }, { readFileSync }] = await Promise.all([import("./cli/program.ts"), import("node:fs")]);
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(0); // `sipulse ul dump | head`: the reader has seen enough.
  });
  const handlers: Handlers = { serve, simulate };
  const packageFile = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  process.exitCode = await runCommandLine(process.argv.slice(2), {
    handlers,
    version: (JSON.parse(packageFile) as { version: string }).version,
    env: process.env,
    readFile: (path) => readFileSync(path, "utf8"),
    out: (text) => process.stdout.write(text),
    err,
    fetch,
  });
}

async function serve({ config, reload }: Parameters<Handlers["serve"]>[0]): Promise<void> {
  const signals = await listen();
  const [{ openDaemon }, { serveUntilStopped }, { bannerText, isBannerWanted }] = await Promise.all([
    import("./daemon.ts"),
    import("./cli/until-stopped.ts"),
    import("./cli/banner.ts"),
  ]);
  const simulatedPhones = config.simulatePhones;
  const open = async () => {
    const daemon = await openDaemon(config, { reload });
    if (isBannerWanted({ isTerminal: process.stderr.isTTY, simulatedPhones })) {
      err(bannerText({ ...daemon, simulatedPhones }));
    }
    return daemon;
  };
  await serveUntilStopped(open, signals, err).finally(() => signals[Symbol.dispose]());
}

async function simulate(options: SimulateOptions): Promise<void> {
  const signals = await listen();
  const [{ simulateUntilStopped }, { systemClock }] = await Promise.all([
    import("./cli/until-stopped.ts"),
    import("./base/clock.ts"),
  ]);
  await simulateUntilStopped(() => openPhones(options), signals, {
    clock: systemClock,
    durationMs: options.durationMs,
    out: (text) => process.stdout.write(text),
  }).finally(() => signals[Symbol.dispose]());
}

/** A demonstration unless the phones were described. */
async function openPhones(options: SimulateOptions) {
  const [{ openPopulation }, { demoProfile, plainProfile }, { systemClock }] = await Promise.all([
    import("./simulator/population.ts"),
    import("./simulator/demo-profile.ts"),
    import("./base/clock.ts"),
  ]);
  const { delaysMs, jitterMs, lossRatio, duplicateRatio, lateRatio, durationMs: _, ...rest } = options;
  const isDescribed =
    delaysMs.length > 0 || [jitterMs, lossRatio, duplicateRatio, lateRatio].some((value) => value !== null);
  const profile = isDescribed
    ? plainProfile({
        delaysMs: delaysMs.length > 0 ? delaysMs : [0],
        jitterMs: jitterMs ?? 0,
        lossRatio: lossRatio ?? 0,
        duplicateRatio: duplicateRatio ?? 0,
        lateRatio: lateRatio ?? 0,
      })
    : demoProfile;
  return openPopulation({ ...rest, profile, clock: systemClock, unregisterOnClose: true });
}

/** Before anything is opened: a signal during the start must not be lost. */
async function listen() {
  const [{ listenForSignals }, { systemClock }] = await Promise.all([
    import("./cli/signals.ts"),
    import("./base/clock.ts"),
  ]);
  return listenForSignals(process, { clock: systemClock, force: () => process.exit(1) });
}

function err(text: string): void {
  process.stderr.write(text);
}

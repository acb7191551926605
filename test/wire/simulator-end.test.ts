import { type ChildProcess, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { describe, expect, test } from "vitest";
import { plainProfile } from "../../src/simulator/demo-profile.ts";
import { openPopulation, type Population } from "../../src/simulator/population.ts";
import type { PopulationSettings } from "../../src/simulator/settings.ts";
import { openSimulatorThread } from "../../src/simulator/thread.ts";
import { freePort } from "../support/ports.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

/** Saying goodbye takes 2 s, waiting for answers 2 s, closing half a second; the rest is for a busy machine. */
const CLOSE_WITHIN_MS = 9_000;

/** A process needs seconds to start on a busy machine. What hangs, hangs for two minutes: as long as TCP tries. */
const PROCESS_WITHIN_MS = 30_000;

/** Something at the port of a registrar that is not of much use. */
interface Target extends AsyncDisposable {
  readonly port: number;
}

/** Takes connections and datagrams, and never says or reads a word. */
async function muteTarget(): Promise<Target & { readonly called: Promise<unknown> }> {
  const connections = new Set<Socket>();
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
    connections.add(socket.on("error", () => {}));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const udp = createSocket("udp4");
  udp.bind(port, "127.0.0.1");
  await once(udp, "listening");
  return {
    port,
    called: once(server, "connection"),
    [Symbol.asyncDispose]: async () => {
      udp.close();
      server.close();
      for (const socket of connections) socket.destroy();
    },
  };
}

/** Listens, and is stuck: once its short queue of connections is full, the system drops every further handshake. */
async function stuckTarget(): Promise<Target> {
  const script = `
    const { parentPort } = require("node:worker_threads");
    const server = require("node:net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
      parentPort.postMessage(server.address().port);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
  const worker = new Worker(script, { eval: true });
  const [port] = (await once(worker, "message")) as [number];
  const fillers = Array.from({ length: 4 }, () => connect(port, "127.0.0.1").on("error", () => {}));
  await once(fillers[0] as Socket, "connect");
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of fillers) socket.destroy();
      await worker.terminate();
    },
  };
}

/** Nobody is there. */
async function noTarget(): Promise<Target> {
  return { port: await freePort(), [Symbol.asyncDispose]: async () => {} };
}

const targets = [
  { name: "nobody", open: noTarget },
  { name: "a mute one", open: muteTarget },
  { name: "one whose handshakes are dropped", open: stuckTarget },
];

/** Half of the phones on each transport. */
const HALF_TCP = {
  groups: (["udp", "tcp"] as const).flatMap((transport) =>
    plainProfile({ delaysMs: [5] }).groups.map((group) => ({ ...group, transport })),
  ),
};

const settingsFor = (port: number): PopulationSettings => ({
  target: { host: "127.0.0.1", port },
  transport: "mixed",
  domain: "example.org",
  phones: 40,
  profile: HALF_TCP,
  ratePerS: 5_000,
  unregisterOnClose: true,
});

/** Milliseconds until the work is done. */
async function took(work: Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await work;
  return performance.now() - startMs;
}

/** Every phone has tried once: those on UDP sent a REGISTER, those on TCP at least began to connect. */
async function everyPhoneTried(population: Population): Promise<void> {
  while (population.stats().registersSent < 20) await new Promise((resolve) => setImmediate(resolve));
}

describe.each(targets)("when the registrar is $name", ({ open }) => {
  test("a population opens at once, and closes in time", async () => {
    await using target = await open();
    const population = await openPopulation(settingsFor(target.port));
    await everyPhoneTried(population);
    expect(await took(population.close())).toBeLessThan(CLOSE_WITHIN_MS);
  });

  test("the thread of a population ends by itself", async () => {
    await using target = await open();
    const thread = await openSimulatorThread(settingsFor(target.port));
    while ((await thread.stats()).registersSent < 20);
    expect(await took(thread.close())).toBeLessThan(CLOSE_WITHIN_MS);
  });
});

// They wait most of the time: one after the other they would take half a minute.
describe.concurrent("`simulate` with a duration ends by itself, well, and prints its numbers", {
  timeout: 40_000,
}, () => {
  test.each(targets)("when the registrar is $name", async ({ open }) => {
    await using target = await open();
    const { exitCode, stdout } = await simulate(target.port, "1s");
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ phones: 100, registered: 0 });
  });

  test("when the registrar dies in between", async () => {
    const target = await muteTarget();
    const ended = simulate(target.port, "2s");
    await target.called;
    await target[Symbol.asyncDispose]();
    expect((await ended).exitCode).toBe(0);
  });
});

/** Runs the real program; what has not ended in time is killed and has no exit code. */
async function simulate(port: number, duration: string): Promise<{ exitCode: number | null; stdout: string }> {
  const target = `127.0.0.1:${port}`;
  const args = [MAIN, "simulate", "--transport", "mixed", "--target", target, "--duration", duration];
  const child: ChildProcess = spawn(process.execPath, args, { env: {}, stdio: ["ignore", "pipe", "inherit"] });
  let stdout = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  const killer = setTimeout(() => child.kill("SIGKILL"), PROCESS_WITHIN_MS);
  const [exitCode] = (await once(child, "close")) as [number | null];
  clearTimeout(killer);
  return { exitCode, stdout };
}

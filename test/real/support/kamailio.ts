/**
 * Kamailio as a process: loopback only, contacts in memory, JSON-RPC over HTTP.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { freeTcpPort, freeUdpPort, type RunningProcess, startProcess } from "../../support/real.ts";
import { temporaryFolder } from "./folder.ts";
import { callRpc } from "./sipulse.ts";

const CONFIG = fileURLToPath(new URL("../data/kamailio.cfg", import.meta.url));

/** MB shared by its processes, and of each one; a test needs a fraction of it. */
const MEMORY = ["-m", "64", "-M", "8"] as const;

/** A Kamailio that answers. */
export interface RunningKamailio extends AsyncDisposable {
  readonly process: RunningProcess;
  /** Over UDP. */
  readonly sipPort: number;
  /** Where JSON-RPC is answered. */
  readonly rpcUrl: string;
}

/** Starts it and waits until its RPC answers. */
export async function startKamailio(path: string): Promise<RunningKamailio> {
  const folder = temporaryFolder();
  const [sipPort, httpPort] = [await freeUdpPort(), await freeTcpPort()];
  const rpcUrl = `http://127.0.0.1:${httpPort}/RPC`;
  const defines = ["-A", `SIPPORT=${sipPort}`, "-A", `HTTPPORT=${httpPort}`];
  const files = ["-Y", folder.path, "-P", folder.file("kamailio.pid")];
  try {
    const process = await startProcess(path, ["-f", CONFIG, "-DD", "-E", "-e", ...MEMORY, ...files, ...defines], {
      cwd: folder.path,
      readyWhen: async () => "result" in ((await callRpc(rpcUrl, "core.version")) as object),
      termGraceMs: 8_000,
    });
    const stop = async (): Promise<void> => {
      await process.stop();
      folder[Symbol.dispose]();
    };
    return { process, sipPort, rpcUrl, [Symbol.asyncDispose]: stop };
  } catch (error) {
    folder[Symbol.dispose]();
    throw error;
  }
}

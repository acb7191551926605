/**
 * baresip without a screen, a sound card or a person: a folder with its configuration, and the process.
 *
 * @module
 */
import { globSync } from "node:fs";
import { dirname } from "node:path";
import { type RunningProcess, startProcess } from "../../support/real.ts";
import { temporaryFolder } from "./folder.ts";

/** Where Debian, Fedora and a build of one's own put the modules. */
const ACCOUNT_MODULES = [
  "/usr/lib/baresip/modules/account.so",
  "/usr/lib/*/baresip/modules/account.so",
  "/usr/lib64/baresip/modules/account.so",
  "/usr/local/lib/baresip/modules/account.so",
];

/** One phone of a person. */
export interface BaresipAccount {
  readonly user: string;
  readonly registrarPort: number;
  readonly transport: "udp" | "tcp";
}

/**
 * Starts baresip with these accounts; resolves when it runs, not yet registered. SIGTERM makes it unregister and leave.
 *
 * @param path of the program
 */
export async function startBaresip(path: string, accounts: readonly BaresipAccount[]): Promise<RunningProcess> {
  const folder = temporaryFolder();
  folder.write("config", configText());
  folder.write("accounts", accounts.map((account) => `${accountLine(account)}\n`).join(""));
  try {
    const baresip = await startProcess(path, ["-f", folder.path], {
      env: { HOME: folder.path },
      readyWhen: "baresip is ready.",
      termGraceMs: 8_000,
    });
    void baresip.ended.then(() => folder[Symbol.dispose]());
    return baresip;
  } catch (error) {
    folder[Symbol.dispose]();
    throw error;
  }
}

/** It takes no address of a loopback interface by itself, but one that it is told. */
function configText(): string {
  const found = ACCOUNT_MODULES.flatMap((pattern) => globSync(pattern))[0];
  const modulePath = found === undefined ? [] : [`module_path ${dirname(found)}`];
  return [
    "poll_method epoll",
    "net_interface 127.0.0.1",
    "call_max_calls 1",
    ...modulePath,
    "module g711.so",
    "module uuid.so",
    "module_app account.so",
    "module_app menu.so",
    "",
  ].join("\n");
}

const accountLine = ({ user, registrarPort, transport }: BaresipAccount): string =>
  `<sip:${user}@127.0.0.1:${registrarPort};transport=${transport}>;regint=120;auth_pass=x;answermode=manual`;

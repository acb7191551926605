/**
 * SIPp as a phone that registers once and answers late, and what its own clock says about that.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { freeUdpPort, type RunningProcess, startProcess } from "../../support/real.ts";
import { type TemporaryFolder, temporaryFolder } from "./folder.ts";

const scenario = (name: string): string => fileURLToPath(new URL(`../data/${name}`, import.meta.url));

const MESSAGES = "messages.log";
const DAY_US = 86_400_000_000;

/** A SIPp that runs. */
export interface RunningSipp extends AsyncDisposable {
  readonly process: RunningProcess;
  /** Whole microseconds from each OPTIONS to its answer, in order, as SIPp saw them. */
  answerTimesUs(): readonly number[];
}

/**
 * Starts SIPp: registers sip:sipp@example.org, then answers every OPTIONS after 200 ms.
 *
 * @param path of the program
 */
export async function startSipp(path: string, registrarPort: number): Promise<RunningSipp> {
  const folder = temporaryFolder();
  try {
    const process = await startProcess(path, await argumentsOf(folder, registrarPort), { cwd: folder.path });
    return {
      process,
      answerTimesUs: () => answerTimesUs(readFileSync(folder.file(MESSAGES), "latin1")),
      [Symbol.asyncDispose]: async () => {
        await process.stop();
        folder[Symbol.dispose]();
      },
    };
  } catch (error) {
    folder[Symbol.dispose]();
    throw error;
  }
}

async function argumentsOf(folder: TemporaryFolder, registrarPort: number): Promise<readonly string[]> {
  return [
    `127.0.0.1:${registrarPort}`,
    ...["-sf", scenario("sipp-register.xml")],
    // Probes belong to no call of the scenario above.
    ...["-oocsf", scenario("sipp-answer.xml")],
    ...["-i", "127.0.0.1", "-p", String(await freeUdpPort())],
    ...["-m", "1", "-nostdin", "-timer_resol", "1"],
    ...["-trace_msg", "-message_file", folder.file(MESSAGES)],
  ];
}

/** An OPTIONS that came, or the answer that left, by branch. */
const ENTRY =
  /^-{20,} \S+ (\d\d):(\d\d):(\d\d)\.(\d{6})\r?\nUDP message (received|sent) .*\r?\n\r?\n(OPTIONS |SIP\/2\.0 200)[\s\S]*?branch=([^;\r\n]+)/gm;

/** Reads the log of messages, whose times are those of the local day. */
export function answerTimesUs(text: string): readonly number[] {
  const askedUs = new Map<string, number>();
  const times: number[] = [];
  for (const [, hours, minutes, seconds, micros, direction, what, branch = ""] of text.matchAll(ENTRY)) {
    const atUs = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000_000 + Number(micros);
    if (direction === "received" && what === "OPTIONS ") askedUs.set(branch, atUs);
    const startUs = askedUs.get(branch);
    if (direction === "sent" && startUs !== undefined) times.push((atUs - startUs + DAY_US) % DAY_US);
  }
  return times;
}

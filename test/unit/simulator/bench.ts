/**
 * A phone on a workbench: a manual clock, a line that writes down what is sent, and a hand to answer with.
 *
 * @module
 */
import { seededRandom } from "../../../src/base/random.ts";
import { plainProfile } from "../../../src/simulator/demo-profile.ts";
import { DueQueue } from "../../../src/simulator/due-queue.ts";
import type { Line, Source } from "../../../src/simulator/line.ts";
import { Phone } from "../../../src/simulator/phone.ts";
import { type PhoneGroup, phoneProfile } from "../../../src/simulator/profiles.ts";
import { type PhoneState, Tally } from "../../../src/simulator/tally.ts";
import type { SipRequest, SipResponse } from "../../../src/sip/syntax/message.ts";
import { parseMessage } from "../../../src/sip/syntax/parse.ts";
import { printReply } from "../../../src/sip/syntax/print.ts";
import { parseVia } from "../../../src/sip/syntax/via.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

const REGISTRAR: Source = { address: "192.0.2.1", port: 5060 };

/** Writes down what a phone sends. */
export class RecordingLine implements Line {
  readonly transport: "udp" | "tcp";
  local: string | null;
  /** REGISTER requests, retransmissions included. */
  readonly registers: SipRequest[] = [];
  readonly registeredAtMs: number[] = [];
  readonly answers: { readonly text: string; readonly to: Source; readonly atMs: number }[] = [];
  readonly #clock: ManualClock;

  constructor(clock: ManualClock, transport: "udp" | "tcp") {
    this.#clock = clock;
    this.transport = transport;
    this.local = "127.0.0.1:40001";
  }

  get last(): SipRequest {
    return this.registers.at(-1) as SipRequest;
  }

  send(octets: Buffer): boolean {
    if (this.local === null) return false;
    this.registers.push(parseMessage(octets) as SipRequest);
    this.registeredAtMs.push(this.#clock.monotonicMs());
    return true;
  }

  answer(octets: Buffer, to: Source): boolean {
    if (this.local === null) return false;
    this.answers.push({ text: octets.toString("latin1"), to, atMs: this.#clock.monotonicMs() });
    return true;
  }
}

export interface BenchOptions {
  readonly group?: Partial<PhoneGroup>;
  readonly transport?: "udp" | "tcp";
  readonly expiresS?: number;
  readonly seed?: number;
  readonly answersWaitingMax?: number;
}

/** Everything a test of one phone touches. */
export function openBench(options: BenchOptions = {}) {
  const clock = new ManualClock();
  const line = new RecordingLine(clock, options.transport ?? "udp");
  const tally = new Tally();
  const states: PhoneState[] = [];
  const failures: string[] = [];
  const trueDelaysMs: number[] = [];
  const seed = options.seed ?? 1;
  const plain = plainProfile({ delaysMs: [20] }).groups[0] as PhoneGroup;
  const queue = new DueQueue({ clock, limit: options.answersWaitingMax ?? 100 });
  const phone = new Phone({
    index: 42,
    profile: phoneProfile({ groups: [{ ...plain, ...options.group }] }, { index: 42, seed }),
    domain: "example.org",
    expiresS: options.expiresS ?? 600,
    line,
    clock,
    random: seededRandom(seed),
    queue,
    tally,
    onAnswered: (delayMs) => trueDelaysMs.push(delayMs),
    onRegisterFailed: (why) => failures.push(why),
    onState: (state) => states.push(state),
  });

  /** Answers the last REGISTER as a registrar would. */
  function reply(status: number, headers: readonly (readonly [string, string])[] = []): void {
    const text = printReply(line.last, { status, reason: "Because", toTag: "r", source: REGISTRAR, headers });
    deliver(text);
  }

  function deliver(text: string): void {
    const response = parseMessage(Buffer.from(text, "latin1")) as SipResponse;
    phone.onResponse(parseVia(response.headers.first("via") ?? "").branch ?? "", response);
  }

  /** 200 that grants `expiresS` to the contact as it was sent. */
  function grant(expiresS: number): void {
    const contact = /<[^>]+>/.exec(line.last.headers.first("contact") ?? "")?.[0] ?? "";
    reply(200, [["Contact", `${contact};expires=${expiresS}`]]);
  }

  function probe(method = "OPTIONS"): void {
    const request = anOptions(method);
    phone.onRequest(request, { source: REGISTRAR, to: REGISTRAR, arrivedMs: clock.monotonicMs() });
  }

  return { clock, line, tally, states, failures, trueDelaysMs, queue, phone, reply, deliver, grant, probe };
}

function anOptions(method: string): SipRequest {
  const text = [
    `${method} sip:sim0000042@127.0.0.1:40001 SIP/2.0`,
    "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKprobe;rport",
    "Max-Forwards: 70",
    "From: <sip:keepalive@example.org>;tag=from1",
    "To: <sip:sim0000042@example.org>",
    "Call-ID: probe-1",
    `CSeq: 7 ${method}`,
    "Content-Length: 0",
    "",
    "",
  ].join("\r\n");
  return parseMessage(Buffer.from(text, "latin1")) as SipRequest;
}

/**
 * A prober with everything it needs, a clock that stands still and a wire that keeps what was sent.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { seededRandom } from "../../src/base/random.ts";
import { Heartbeats } from "../../src/keepalive/heartbeats.ts";
import type { KeepaliveObserver } from "../../src/keepalive/observer.ts";
import type { KeepalivePolicy } from "../../src/keepalive/policy.ts";
import { Prober } from "../../src/keepalive/prober.ts";
import { ContactTable, type FlowEnd } from "../../src/location/contact-table.ts";
import { Location } from "../../src/location/location.ts";
import { ManualClock } from "./manual-clock.ts";
import { RecordingKeepalive } from "./recording-observers.ts";

/** The settings an operator starts with, without jitter. */
export const POLICY: KeepalivePolicy = {
  scope: "all",
  method: "OPTIONS",
  from: null,
  domain: "keepalive.invalid",
  intervalMs: 30_000,
  jitterRatio: 0,
  probeTimeoutMs: 4_000,
  unreachableAfter: 3,
};

/** A probe on the wire. */
export interface SentProbe {
  readonly atMs: number;
  readonly flow: FlowEnd;
  readonly text: string;
}

/** How an answer differs from a plain 200. */
export interface ReplyOptions {
  readonly status?: number;
  /** Of CSeq, when it is not that of the probe. */
  readonly method?: string;
  readonly branch?: string;
  /** A second Via below the first. */
  readonly hasSecondVia?: boolean;
}

/** How `openProbing` differs from the ordinary. */
export interface ProbingOptions {
  readonly policy?: Partial<KeepalivePolicy>;
  readonly capacity?: number;
  readonly seed?: number;
  readonly observer?: KeepaliveObserver;
  readonly clock?: ManualClock;
}

/** Opens the parts, connected as the engine connects them. */
export function openProbing(options: ProbingOptions = {}) {
  const clock = options.clock ?? new ManualClock();
  const random = seededRandom(options.seed ?? 1);
  const capacity = options.capacity ?? 64;
  const table = new ContactTable({ capacity, random, startWallMs: clock.wallMs() });
  const heartbeats = new Heartbeats(capacity);
  const location = new Location({ table, clock });
  const observer = new RecordingKeepalive();
  const sent: SentProbe[] = [];
  /** What happens to a probe; `false` = it could not be sent. */
  const wire = { send: (_probe: SentProbe): boolean => true };
  const policy = { ...POLICY, ...options.policy };
  const prober = new Prober({
    clock,
    random,
    location,
    heartbeats,
    observer: options.observer ?? observer,
    policy,
    sentBy: (socket) => `198.51.100.1:${5_060 + socket}`,
    send: (flow, octets) => {
      const probe = { atMs: clock.monotonicMs(), flow, text: octets.toString("latin1") };
      sent.push(probe);
      return wire.send(probe);
    },
  });
  location.watch(prober);

  /** Lets time pass, one tick of the engine each millisecond. */
  const run = (forMs: number): void => {
    for (let i = 0; i < forMs; i++) {
      clock.advance(1);
      prober.tick();
    }
  };
  /** Lets time pass until the next probe has left; gives up after two intervals. */
  const runToProbe = (): SentProbe => {
    const before = sent.length;
    for (let i = 0; i < 2 * policy.intervalMs && sent.length === before; i++) run(1);
    const probe = sent[before];
    if (probe === undefined) throw new Error("no probe left within two intervals");
    return probe;
  };
  /** An answer arrives now, on the probe's flow unless another is given. */
  const answer = (probe: SentProbe, reply: ReplyOptions = {}, flow: FlowEnd = probe.flow): void => {
    const arrival = { readMs: clock.monotonicMs(), isImprecise: false };
    prober.onResponse(replyTo(probe.text, reply), flow, arrival);
  };
  return { clock, random, table, heartbeats, location, observer, sent, wire, prober, policy, run, runToProbe, answer };
}

/** The branch of a probe. */
export function branchOf(text: string): string {
  return /;branch=([^;\r\n]+)/.exec(text)?.[1] ?? "";
}

/** The answer of a phone, as octets. */
export function replyTo(request: string, options: ReplyOptions = {}): Buffer {
  const header = (name: string): string => new RegExp(`^${name}: (.*)\r$`, "m").exec(request)?.[1] ?? "";
  const via = header("Via");
  const cseq = header("CSeq");
  const lines = [
    `SIP/2.0 ${options.status ?? 200} Whatever`,
    `Via: ${options.branch === undefined ? via : via.replace(branchOf(request), options.branch)}`,
    ...(options.hasSecondVia === true ? ["Via: SIP/2.0/UDP 192.0.2.99;branch=z9hG4bKother"] : []),
    `From: ${header("From")}`,
    `To: ${header("To")};tag=phone`,
    `Call-ID: ${header("Call-ID")}`,
    `CSeq: ${options.method === undefined ? cseq : `1 ${options.method}`}`,
    "Content-Length: 0",
  ];
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
}

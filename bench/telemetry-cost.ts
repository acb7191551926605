/**
 * `node bench/telemetry-cost.ts`: what telemetry adds to a keepalive in the engine thread, without sockets.
 *
 *      prober with no observer | with counters | with counters and spans at 1 %
 *
 * Each variant sends a probe to every contact and takes the answers; only that is timed, in turns, so that a busy
 * machine slows all variants alike. The median of the rounds counts. Divide by the CPU per keepalive of
 * docs/PERFORMANCE.md to compare: that has the sockets in it.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { type Clock, systemClock } from "../src/base/clock.ts";
import { seededRandom } from "../src/base/random.ts";
import { DomainLabels } from "../src/instruments/domain-labels.ts";
import { createSharedBuffer } from "../src/instruments/exchange.ts";
import { openInstruments } from "../src/instruments/instruments.ts";
import { KeepaliveCounters } from "../src/instruments/keepalive-counters.ts";
import { SpanRecorder } from "../src/instruments/span-records.ts";
import { SpanSampler } from "../src/instruments/span-sampler.ts";
import { Heartbeats } from "../src/keepalive/heartbeats.ts";
import type { KeepaliveObserver } from "../src/keepalive/observer.ts";
import { Prober } from "../src/keepalive/prober.ts";
import { ContactTable, type FlowEnd } from "../src/location/contact-table.ts";
import { Location } from "../src/location/location.ts";

const CONTACTS = 2_000;
const ROUNDS = 60;
/** The compiler needs some rounds; they do not count. */
const WARM_UP_ROUNDS = 15;
const INTERVAL_MS = 1_000;
const NS_PER_MS = 1_000_000;

const VARIANTS = ["nothing", "counters", "counters, spans at 0", "counters, spans at 1 %"] as const;
type Variant = (typeof VARIANTS)[number];

const NOBODY: KeepaliveObserver = {
  probeSent: () => undefined,
  probeAnswered: () => undefined,
  probeFailed: () => undefined,
  lateResponse: () => undefined,
  duplicateResponse: () => undefined,
  unmatchedResponse: () => undefined,
  probeSkipped: () => undefined,
  stateChanged: () => undefined,
};

const flowOf = (phone: number): FlowEnd => ({
  transport: "udp",
  socket: 0,
  remoteAddress: "127.0.0.1",
  remotePort: 10_000 + phone,
  connectionId: -1,
});

/** A prober, its phones, and a wire that answers when it is told to. */
class Bench {
  readonly #prober: Prober;
  readonly #recorder: SpanRecorder | null;
  readonly #sent: { phone: number; octets: Buffer }[] = [];
  #nowMs = INTERVAL_MS;

  constructor(variant: Variant) {
    const random = seededRandom(1);
    const clock: Clock = { monotonicMs: () => this.#nowMs, wallMs: () => this.#nowMs, after: () => () => undefined };
    const table = new ContactTable({ capacity: CONTACTS, random, startWallMs: 0 });
    const heartbeats = new Heartbeats(CONTACTS);
    const location = new Location({ table, clock });
    const sharedBuffer = createSharedBuffer();
    const instruments = openInstruments({ clock, sharedBuffer, onSeries: () => undefined });
    const domains = new DomainLabels({ instruments, domains: ["example.org"], limit: 1 });
    const counters = new KeepaliveCounters({ instruments, table, heartbeats, domains, method: "OPTIONS" });
    const sampleRatio = variant === "counters, spans at 1 %" ? 0.01 : 0;
    const sampler = new SpanSampler({ random, policy: { sampleRatio, slowMs: INTERVAL_MS, perSecondMax: 50 } });
    const shared = { clock, random, sampler, table, heartbeats, domains, method: () => "OPTIONS" };
    this.#recorder = variant.includes("spans")
      ? new SpanRecorder({ ...shared, counters, onSpans: () => undefined })
      : null;
    this.#prober = new Prober({
      ...{ clock, random, location, heartbeats },
      observer: this.#recorder ?? (variant === "nothing" ? NOBODY : counters),
      policy: {
        ...{ scope: "all", method: "OPTIONS", from: null, domain: "example.org", intervalMs: INTERVAL_MS },
        ...{ jitterRatio: 0.1, probeTimeoutMs: INTERVAL_MS / 2, unreachableAfter: 3 },
      },
      sentBy: () => "127.0.0.1:5060",
      send: (flow, octets) => this.#sent.push({ phone: flow.remotePort - 10_000, octets }) > 0,
    });
    location.watch(this.#prober);
    for (let phone = 0; phone < CONTACTS; phone++) location.store(contactOf(phone, domains.numberOf("example.org")));
  }

  /** One interval; returns nanoseconds per keepalive. */
  round(): number {
    let spentMs = 0;
    let answered = 0;
    for (let ms = 0; ms < INTERVAL_MS; ms++) {
      this.#nowMs += 1;
      let startMs = systemClock.monotonicMs();
      this.#prober.tick();
      spentMs += systemClock.monotonicMs() - startMs;
      const replies = this.#sent
        .splice(0)
        .map(({ phone, octets }) => ({ flow: flowOf(phone), octets: replyTo(octets) }));
      this.#nowMs += (ms % 7) / 100;
      startMs = systemClock.monotonicMs();
      for (const { flow, octets } of replies) {
        this.#prober.onResponse(octets, flow, { readMs: this.#nowMs, isImprecise: false });
      }
      if (ms % 50 === 0) this.#recorder?.handOver();
      spentMs += systemClock.monotonicMs() - startMs;
      answered += replies.length;
    }
    return (spentMs * NS_PER_MS) / answered;
  }
}

function contactOf(phone: number, domain: number) {
  return {
    ...{
      aor: `u${phone}@example.org`,
      address: `sip:u${phone}@127.0.0.1:${10_000 + phone}`,
      callId: `c${phone}`,
      cseq: 1,
    },
    ...{ qThousandths: -1, expiresAtMs: Number.MAX_SAFE_INTEGER, modifiedWallMs: 0, modifiedAtMs: 0 },
    ...{ userAgent: "acme/1.0", received: null, path: null, methods: 0, instance: null, regId: 0, serverId: 0 },
    ...{ isNated: false, domain, flow: flowOf(phone) },
  };
}

function replyTo(probe: Buffer): Buffer {
  const text = probe.toString("latin1");
  return Buffer.from(`SIP/2.0 200 OK\r\n${text.slice(text.indexOf("\r\n") + 2)}`, "latin1");
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const benches = VARIANTS.map((variant) => ({ variant, bench: new Bench(variant), ns: [] as number[] }));
for (let round = 0; round < ROUNDS; round++) {
  for (const { bench, ns } of benches) {
    const spent = bench.round();
    if (round >= WARM_UP_ROUNDS) ns.push(spent);
  }
}
const base = median(benches[0]?.ns ?? []);
for (const { variant, ns } of benches) {
  const one = median(ns);
  process.stdout.write(`${variant.padEnd(24)} ${one.toFixed(0).padStart(6)} ns  +${(one - base).toFixed(0)} ns\n`);
}

/**
 * Runs the engine's own code on made-up phones before the first real one comes.
 *
 * Why: code that V8 has not compiled yet is several times slower, and a registrar is cold exactly when every phone
 * comes back at once: after its restart. Half a second here saves the avalanche that half.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { Clock } from "./base/clock.ts";
import { seededRandom } from "./base/random.ts";
import { type Core, wireCore } from "./engine-core.ts";
import type { EngineSettings } from "./engine-port/port.ts";
import { createSharedBuffer } from "./instruments/exchange.ts";
import type { Flow } from "./sip/transport/flow.ts";
import { Outlet } from "./sip/transport/outlet.ts";

const PHONES = 200;
/** Enough for the optimising compiler; the time is what ends it on a slow machine. */
const ROUNDS_MAX = 60;
const WARM_UP_MS = 500;
const INTERVAL_MS = 1_000;
/** Cells of counters that nobody reads. */
const CELLS = 4_096;

const ARRIVAL = { readMs: 0, isImprecise: false };

/** Warms the code of the current thread; leaves nothing behind but compiled code. */
export function warmUp(settings: EngineSettings, clock: Clock): void {
  const endMs = clock.monotonicMs() + WARM_UP_MS;
  const rehearsal = new Rehearsal(settings);
  for (let round = 1; round <= ROUNDS_MAX && clock.monotonicMs() < endMs; round++) rehearsal.play(round);
}

/** A whole core on a clock of its own, with a transport that keeps what is sent. */
class Rehearsal {
  readonly #core: Core;
  readonly #sent: Buffer[] = [];
  #nowMs = INTERVAL_MS;

  constructor(settings: EngineSettings) {
    const outlet = new Outlet();
    outlet.open({
      sockets: [{ transport: "udp", host: "127.0.0.1", port: 5_060, advertise: null }],
      receiveBufferOctets: null,
      send: (_flow, octets) => this.#sent.push(octets) > 0,
      close: () => Promise.resolve(),
    });
    const nowMs = () => this.#nowMs;
    const keepalive = { ...settings.keepalive, intervalMs: INTERVAL_MS, probeTimeoutMs: INTERVAL_MS / 2 };
    this.#core = wireCore({
      settings: { ...settings, domains: [], authMode: "loopback", maxContacts: PHONES, isJournaled: true, keepalive },
      clock: { monotonicMs: nowMs, wallMs: nowMs, after: () => () => undefined },
      random: seededRandom(1),
      outlet,
      sharedBuffer: createSharedBuffer(CELLS),
      onSeries: () => undefined,
      onSpans: () => undefined,
    });
  }

  /** Every phone registers, is probed for one interval, and answers. */
  play(round: number): void {
    for (let phone = 0; phone < PHONES; phone++) this.#deliver(registerOf(phone, round), phone);
    this.#sent.length = 0;
    for (let ms = 0; ms < INTERVAL_MS; ms += 5) {
      this.#nowMs += 5;
      this.#core.prober.tick();
      for (const probe of this.#sent.splice(0)) this.#answer(probe.toString("latin1"));
    }
    this.#core.journal.take();
    this.#core.spans?.handOver();
  }

  #answer(probe: string): void {
    const phone = Number(/sip:w(\d+)@/.exec(probe)?.[1]);
    const headers = probe.slice(probe.indexOf("\r\n") + 2).replace(/(To: [^\r]*)/, "$1;tag=1");
    this.#deliver(`SIP/2.0 200 OK\r\n${headers}`, phone);
  }

  #deliver(text: string, phone: number): void {
    const flow: Flow = {
      transport: "udp",
      socket: 0,
      remoteAddress: "127.0.0.1",
      remotePort: 10_000 + phone,
      connectionId: -1,
    };
    this.#core.endpoint.onMessage(Buffer.from(text, "latin1"), flow, { ...ARRIVAL, readMs: this.#nowMs });
  }
}

function registerOf(phone: number, round: number): string {
  return (
    "REGISTER sip:warm.invalid SIP/2.0\r\n" +
    `Via: SIP/2.0/UDP 127.0.0.1:${10_000 + phone};branch=z9hG4bKw${phone}-${round};rport\r\n` +
    "Max-Forwards: 70\r\n" +
    `From: "W" <sip:w${phone}@warm.invalid>;tag=${phone}\r\n` +
    `To: "W" <sip:w${phone}@warm.invalid>\r\n` +
    `Call-ID: ${phone}@warm.invalid\r\n` +
    `CSeq: ${round} REGISTER\r\n` +
    `Contact: <sip:w${phone}@127.0.0.1:${10_000 + phone}>;expires=600\r\n` +
    "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE\r\n" +
    "User-Agent: sipulse warm-up\r\n" +
    "Content-Length: 0\r\n\r\n"
  );
}

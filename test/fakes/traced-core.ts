/**
 * The engine's parts as it wires them, with tracing on: a clock that stands still, a wire that keeps what was sent.
 *
 * @module
 */
import { seededRandom } from "../../src/base/random.ts";
import { wireCore } from "../../src/engine-core.ts";
import { createSharedBuffer } from "../../src/instruments/exchange.ts";
import type { ProbeRecord, RegisterRecord, SpanRecord } from "../../src/instruments/span-records.ts";
import type { SpanPolicy } from "../../src/instruments/span-sampler.ts";
import type { Flow } from "../../src/sip/transport/flow.ts";
import { Outlet } from "../../src/sip/transport/outlet.ts";
import { engineSettings, type HostSettings } from "./engine-host.ts";
import { ManualClock } from "./manual-clock.ts";
import { replyTo } from "./probing.ts";
import { type RequestFields, registerText } from "./sip-text.ts";

/** Nothing is drawn and nothing is slow: what is left is wanted for what it is. */
export const ONLY_THE_TAIL: SpanPolicy = { sampleRatio: 0, slowMs: 60_000, perSecondMax: 1_000 };

/** Phone number `n`: its address and port. */
export function phoneFlow(n: number): Flow {
  return { transport: "udp", socket: 0, remoteAddress: "127.0.0.1", remotePort: 10_000 + n, connectionId: -1 };
}

/** Opens the parts; phones are numbers, and register as `phone<n>@example.org`. */
export function openTracedCore(
  options: { spans?: Partial<SpanPolicy> | null; seed?: number; settings?: HostSettings } = {},
) {
  const clock = new ManualClock();
  const sent: { phone: number; text: string }[] = [];
  const records: SpanRecord[] = [];
  const batches: number[] = [];
  const told = { capped: 0 };
  const outlet = new Outlet();
  outlet.open({
    sockets: [{ transport: "udp", host: "127.0.0.1", port: 5_060, advertise: null }],
    receiveBufferOctets: null,
    send: (flow, octets) => sent.push({ phone: flow.remotePort - 10_000, text: octets.toString("latin1") }) > 0,
    close: () => Promise.resolve(),
  });
  const spans = options.spans === null ? null : { ...ONLY_THE_TAIL, ...options.spans };
  const core = wireCore({
    settings: { ...engineSettings(options.settings), spans },
    clock,
    random: seededRandom(options.seed ?? 1),
    outlet,
    sharedBuffer: createSharedBuffer(65_536),
    onSeries: () => undefined,
    onSpans: (batch) => {
      records.push(...structuredClone(batch.records));
      batches.push(batch.records.length);
      told.capped += batch.capped;
    },
  });

  /** Sends a REGISTER; returns the first line of the answer. */
  const register = (phone: number, fields: RequestFields = {}, contacts?: readonly string[]): string => {
    const aor = `<sip:phone${phone}@example.org>`;
    const contact = contacts ?? [`<sip:phone${phone}@127.0.0.1:${10_000 + phone}>`];
    const text = registerText(contact, { from: `${aor};tag=1`, to: aor, callId: `call-${phone}`, ...fields });
    const before = sent.length;
    core.endpoint.onMessage(Buffer.from(text, "latin1"), phoneFlow(phone), { readMs: 0, isImprecise: false });
    return sent.splice(before, 1)[0]?.text.split("\r\n")[0] ?? "no answer";
  };
  /** Lets time pass, one tick of the engine each millisecond. */
  const run = (forMs: number): void => {
    for (let i = 0; i < forMs; i++) {
      clock.advance(1);
      core.prober.tick();
    }
  };
  /** Lets time pass until a probe leaves, and returns it. */
  const nextProbe = () => {
    for (let i = 0; i < 60_000 && sent.length === 0; i++) run(1);
    const probe = sent.shift();
    if (probe === undefined) throw new Error("no probe left within a minute");
    return probe;
  };
  const answer = (probe: { phone: number; text: string }, status = 200, isImprecise = false): void => {
    const arrival = { readMs: clock.monotonicMs(), isImprecise };
    core.endpoint.onMessage(replyTo(probe.text, { status }), phoneFlow(probe.phone), arrival);
  };
  /** The records so far. */
  const handOver = (): readonly SpanRecord[] => {
    core.spans?.handOver();
    return records;
  };
  const probes = () => handOver().filter((record): record is ProbeRecord => record.kind === "probe");
  const registers = () => handOver().filter((record): record is RegisterRecord => record.kind === "register");
  return { clock, core, sent, batches, told, register, run, nextProbe, answer, handOver, probes, registers };
}

/**
 * What happened to single requests, as plain records for the main thread, which makes spans of them.
 *
 *      Prober ----KeepaliveObserver--> [ SpanRecorder ] --the same--> counters
 *      Registrar --RegistrarObserver->        |
 *      Location --LocationObserver--->        +--SpanBatch, at most 100 records--> main thread
 *
 * Nothing is allocated for a request that is not traced. Knows no tracing library. Text is latin1 off the wire.
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import type { TransportName } from "../base/net-names.ts";
import { type Random, randomHex } from "../base/random.ts";
import type { Heartbeats } from "../keepalive/heartbeats.ts";
import type { FailureReason, KeepaliveObserver, SkipReason, UnmatchedReason } from "../keepalive/observer.ts";
import type { ContactTable, FlowEnd } from "../location/contact-table.ts";
import type { ContactState } from "../location/contact-view.ts";
import type { DomainLabels } from "./domain-labels.ts";
import type { SampleReason, SpanSampler } from "./span-sampler.ts";

/** What names a span: lower-case hex, 32 and 16 digits (W3C Trace Context §3.2.2). */
export interface SpanIds {
  readonly traceId: string;
  readonly spanId: string;
}

/** What every record says. */
export interface SpanHead extends SpanIds {
  /** Wall clock. */
  readonly startWallMs: number;
  /** Monotonic. */
  readonly durationMs: number;
  readonly because: SampleReason;
  /** Value of the domain label. */
  readonly domain: string;
  readonly transport: TransportName;
  readonly peerAddress: string;
  readonly peerPort: number;
  readonly method: string;
  /** Of the final response; `null` when none came. */
  readonly status: number | null;
  /** `null` when it cannot be read out of the request. */
  readonly aor: string | null;
  readonly userAgent: string | null;
}

/** A probe that ended. */
export interface ProbeRecord extends SpanHead {
  readonly kind: "probe";
  readonly ruid: string;
  /** `null` when it was answered. */
  readonly reason: FailureReason | null;
  /** The change of state that this probe brought about; `null` when it brought none. */
  readonly change: { readonly from: ContactState; readonly to: ContactState } | null;
  readonly isImprecise: boolean;
  /** The REGISTER behind the binding; `null` when that was not traced, or is forgotten. */
  readonly registration: SpanIds | null;
}

/** A REGISTER that was answered. */
export interface RegisterRecord extends SpanHead {
  readonly kind: "register";
  readonly callId: string | null;
  /** The whole header, e.g. `"4711 REGISTER"`. */
  readonly cseq: string | null;
  /** Bindings it made, refreshed or moved. */
  readonly ruids: readonly string[];
}

export type SpanRecord = ProbeRecord | RegisterRecord;

/** Records since the last batch. */
export interface SpanBatch {
  readonly records: readonly SpanRecord[];
  /** Spans that were wanted and found no room in their second. */
  readonly capped: number;
}

/** Records in one batch; a full one is handed over at once. */
export const BATCH_MAX = 100;
/** Bindings whose REGISTER is remembered; the oldest is forgotten. 1,000 seconds of registrations at 10 spans each. */
export const REGISTRATIONS_MAX = 10_000;
/** Longest text in a record, in characters; a binding stores no longer ones. */
const TEXT_MAX = 255;

/** What recording depends on. */
export interface SpanRecorderParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly sampler: SpanSampler;
  readonly table: ContactTable;
  readonly heartbeats: Heartbeats;
  readonly domains: DomainLabels;
  /** Told everything this observer is told. */
  readonly counters: KeepaliveObserver;
  /** Method of the probes. */
  readonly method: () => string;
  readonly onSpans: (batch: SpanBatch) => void;
}

/** How the last probe ended, until the next batch is handed over. */
interface Ended {
  /** -1 when that was a while ago. */
  slot: number;
  durationMs: number;
  status: number | null;
  reason: FailureReason | null;
  isImprecise: boolean;
  /** Whether a span was wanted and found no room. */
  isCapped: boolean;
  record: Mutable<ProbeRecord> | null;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Records the probes that are worth it, and remembers which REGISTER stands behind a binding. */
export class SpanRecorder implements KeepaliveObserver {
  readonly #parts: SpanRecorderParts;
  readonly #ended: Ended;
  /** By slot; bounded. */
  readonly #registrations = new Map<number, SpanIds>();
  #records: SpanRecord[] = [];

  constructor(parts: SpanRecorderParts) {
    this.#parts = parts;
    const none = { status: null, reason: null, isImprecise: false, isCapped: false, record: null };
    this.#ended = { slot: -1, durationMs: 0, ...none };
  }

  /** Hands over what there is; to be called often enough that a span is not old news. */
  handOver(): void {
    this.#ended.slot = -1;
    this.#send();
  }

  #send(): void {
    const capped = this.#parts.sampler.takeCapped();
    if (this.#records.length === 0 && capped === 0) return;
    const records = this.#records;
    this.#records = [];
    this.#parts.onSpans({ records, capped });
  }

  probeSent(slot: number, delayMs: number): void {
    this.#parts.counters.probeSent(slot, delayMs);
  }

  probeAnswered(slot: number, status: number, roundTripMs: number, isImprecise: boolean): void {
    const { counters, sampler } = this.#parts;
    counters.probeAnswered(slot, status, roundTripMs, isImprecise);
    const nowMs = this.#end(slot, roundTripMs, status, null, isImprecise);
    const because = sampler.interest("probe", nowMs, roundTripMs);
    if (because !== null) this.#want(because, nowMs);
  }

  probeFailed(slot: number, reason: FailureReason): void {
    const { counters, clock, heartbeats } = this.#parts;
    counters.probeFailed(slot, reason);
    const durationMs = clock.monotonicMs() - (heartbeats.sentAtMs[slot] as number);
    this.#want("failure", this.#end(slot, durationMs, null, reason, false));
  }

  lateResponse(slot: number): void {
    this.#parts.counters.lateResponse(slot);
  }

  duplicateResponse(slot: number): void {
    this.#parts.counters.duplicateResponse(slot);
  }

  unmatchedResponse(transport: TransportName, reason: UnmatchedReason): void {
    this.#parts.counters.unmatchedResponse(transport, reason);
  }

  probeSkipped(slot: number, reason: SkipReason): void {
    this.#parts.counters.probeSkipped(slot, reason);
  }

  /** Follows at once on the end of the probe that changed the state; other changes have no request to trace. */
  stateChanged(slot: number, from: ContactState | null, to: ContactState | null): void {
    const { counters, clock, sampler } = this.#parts;
    counters.stateChanged(slot, from, to);
    const ended = this.#ended;
    if (from === null || to === null || ended.slot !== slot) return;
    // An answer makes reachable, a failure unreachable. A stream that closed between two probes does neither.
    if ((to === "reachable") !== (ended.reason === null)) return;
    const nowMs = clock.monotonicMs();
    if (ended.record === null) {
      if (ended.isCapped) sampler.forgive();
      // The first answer of a contact: after a restart all of them come at once.
      this.#want("state_change", nowMs, from === "unknown" && to === "reachable");
    }
    if (ended.record === null) return;
    ended.record.change = { from, to };
    if (ended.record.because !== "failure") ended.record.because = "state_change";
  }

  /** Remembers the REGISTER behind a binding, for the links of its probes. */
  registered(slot: number, ids: SpanIds): void {
    this.#registrations.delete(slot);
    this.#registrations.set(slot, ids);
    if (this.#registrations.size <= REGISTRATIONS_MAX) return;
    const [oldest] = this.#registrations.keys();
    this.#registrations.delete(oldest as number);
  }

  /** The slot may belong to another binding from now on. */
  forget(slot: number): void {
    this.#registrations.delete(slot);
  }

  /** Adds a record; a full batch leaves first. */
  push(record: SpanRecord): void {
    if (this.#records.length >= BATCH_MAX) this.#send();
    this.#records.push(record);
  }

  /** What every record says of a request that ended now. */
  head(request: HeadOf): Omit<SpanHead, "aor" | "userAgent"> {
    const { clock, random, domains } = this.#parts;
    const { durationMs, because, domain, flow, method, status } = request;
    return {
      traceId: randomHex(random, 4),
      spanId: randomHex(random, 2),
      startWallMs: clock.wallMs() - request.agoMs - durationMs,
      durationMs,
      because,
      domain: domains.labelOf(domain),
      transport: flow.transport,
      peerAddress: flow.remoteAddress,
      peerPort: flow.remotePort,
      method,
      status,
    };
  }

  /** @returns the monotonic clock as of now */
  #end(
    slot: number,
    durationMs: number,
    status: number | null,
    reason: FailureReason | null,
    isImprecise: boolean,
  ): number {
    const ended = this.#ended;
    ended.slot = slot;
    ended.durationMs = durationMs;
    ended.status = status;
    ended.reason = reason;
    ended.isImprecise = isImprecise;
    ended.isCapped = false;
    ended.record = null;
    return this.#parts.clock.monotonicMs();
  }

  /** Makes a record of the probe that just ended, if there is room. */
  #want(because: SampleReason, nowMs: number, isRoutine = because === "ratio"): void {
    const ended = this.#ended;
    ended.isCapped = !this.#parts.sampler.admit(nowMs, isRoutine);
    if (ended.isCapped) return;
    const { table, heartbeats, method } = this.#parts;
    const { slot, durationMs, status, reason, isImprecise } = ended;
    const { ruid, aor, userAgent } = table.text(slot);
    const flow = table.flowOf(slot);
    // The response may have waited a little before it was read: the span starts when the probe left.
    const agoMs = Math.max(0, nowMs - (heartbeats.sentAtMs[slot] as number) - durationMs);
    const domain = table.domain[slot] as number;
    const record: Mutable<ProbeRecord> = {
      kind: "probe",
      ...this.head({ durationMs, agoMs, because, domain, flow, method: method(), status }),
      aor: shortened(aor),
      userAgent: shortened(userAgent),
      ruid,
      reason,
      change: null,
      isImprecise,
      registration: this.#registrations.get(slot) ?? null,
    };
    this.push(record);
    ended.record = record;
  }
}

/** What `SpanRecorder.head` is told. */
export interface HeadOf {
  readonly durationMs: number;
  /** How long ago it ended. */
  readonly agoMs: number;
  readonly because: SampleReason;
  /** Number of the domain label. */
  readonly domain: number;
  readonly flow: FlowEnd;
  readonly method: string;
  readonly status: number | null;
}

/** Text from the network with the length of a record. */
export function shortened<Text extends string | null>(text: Text): Text {
  return (text === null || text.length <= TEXT_MAX ? text : text.slice(0, TEXT_MAX)) as Text;
}

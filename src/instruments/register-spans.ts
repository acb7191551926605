/**
 * Records of REGISTER requests: wraps the handler, and learns from three observers what the request did.
 *
 *      endpoint --register--> [ RegisterSpans ] --register--> registrar --registerAnswered--> [ the same ] --> counters
 *                                                                       --bindingStored-----> [ the same ]
 *
 * @module
 */
import type { TransportName } from "../base/net-names.ts";
import type { ContactTable, FlowEnd } from "../location/contact-table.ts";
import type { LocationObserver, RemovalReason, StoreKind } from "../location/location.ts";
import type { RegistrarObserver } from "../registrar/observer.ts";
import type { Answer } from "../sip/answer.ts";
import { parseNameAddr } from "../sip/syntax/address.ts";
import type { SipRequest } from "../sip/syntax/message.ts";
import { canonicalAor, parseUri } from "../sip/syntax/uri.ts";
import { type RegisterRecord, type SpanRecorder, shortened } from "./span-records.ts";
import type { SampleReason, SpanSampler } from "./span-sampler.ts";

/** Lowest status that says the request was refused. */
const REFUSED_STATUS_MIN = 300;
/** A challenge is the first half of a registration, not a refusal (RFC 3261 §22.2). */
const CHALLENGES: readonly number[] = [401, 407];

/** What recording registrations depends on. */
export interface RegisterSpanParts {
  readonly sampler: SpanSampler;
  readonly recorder: SpanRecorder;
  readonly table: ContactTable;
  /** Told everything this observer is told. */
  readonly counters: RegistrarObserver;
  readonly useDomain: boolean;
  readonly nowMs: () => number;
}

/** Records the REGISTERs that are worth it: refusals, new and moved bindings, slow ones, and a ratio of the rest. */
export class RegisterSpans implements RegistrarObserver, LocationObserver {
  readonly #parts: RegisterSpanParts;
  /** Slots stored by the request under way, a few at most. */
  readonly #stored: number[] = [];
  #isUnderWay = false;
  #hasChange = false;
  /** Of the answer to the request under way; 0 before it. */
  #status = 0;
  #durationMs = 0;
  #domain = 0;

  constructor(parts: RegisterSpanParts) {
    this.#parts = parts;
  }

  /** Runs `handle` and records what became of it; what it throws goes on its way. */
  register(request: SipRequest, flow: FlowEnd, handle: () => Answer): Answer {
    this.#stored.length = 0;
    this.#isUnderWay = true;
    this.#hasChange = false;
    this.#status = 0;
    try {
      return handle();
    } finally {
      this.#isUnderWay = false;
      if (this.#status !== 0) this.#finish(request, flow);
    }
  }

  registerAnswered(domain: number, transport: TransportName, status: number, durationMs: number): void {
    this.#parts.counters.registerAnswered(domain, transport, status, durationMs);
    this.#domain = domain;
    this.#status = status;
    this.#durationMs = durationMs;
  }

  bindingStored(slot: number, kind: StoreKind): void {
    if (!this.#isUnderWay) return;
    this.#stored.push(slot);
    if (kind !== "refreshed") this.#hasChange = true;
  }

  bindingRemoved(slot: number, _reason: RemovalReason): void {
    this.#parts.recorder.forget(slot);
    if (this.#isUnderWay) this.#hasChange = true;
  }

  #finish(request: SipRequest, flow: FlowEnd): void {
    const { sampler, nowMs } = this.#parts;
    const atMs = nowMs();
    const because = this.#because(atMs);
    if (because === null) return;
    // When every phone comes back at once, every binding is new: that must not cost the spans of what fails.
    const isRoutine = because === "ratio" || because === "state_change";
    if (sampler.admit(atMs, isRoutine)) this.#record(request, flow, because);
  }

  #because(atMs: number): SampleReason | null {
    const status = this.#status;
    if (status >= REFUSED_STATUS_MIN && !CHALLENGES.includes(status)) return "failure";
    const interest = this.#parts.sampler.interest("register", atMs, this.#durationMs);
    return this.#hasChange ? "state_change" : interest;
  }

  #record(request: SipRequest, flow: FlowEnd, because: SampleReason): void {
    const { recorder, table } = this.#parts;
    const { headers, method } = request;
    const status = this.#status;
    const stored = this.#stored.filter((slot) => table.has(slot));
    const head = { durationMs: this.#durationMs, agoMs: 0, because, domain: this.#domain, flow, method, status };
    const record: RegisterRecord = {
      kind: "register",
      ...recorder.head(head),
      aor: this.#aorOf(headers.first("to")),
      userAgent: shortened(headers.first("user-agent")),
      callId: shortened(headers.first("call-id")),
      cseq: shortened(headers.first("cseq")),
      ruids: stored.map((slot) => table.text(slot).ruid),
    };
    recorder.push(record);
    for (const slot of stored) recorder.registered(slot, { traceId: record.traceId, spanId: record.spanId });
  }

  /** `null` when To cannot be read. */
  #aorOf(to: string | null): string | null {
    try {
      return to === null ? null : shortened(canonicalAor(parseUri(parseNameAddr(to).uri), this.#parts.useDomain));
    } catch {
      return null; // Refused for exactly that: the record says so by its status.
    }
  }
}

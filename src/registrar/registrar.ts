/**
 * The registrar: REGISTER in, bindings changed, answer out (RFC 3261 §10.3, step by step).
 *
 *      endpoint --register()--> readRegister -> planRegister -> Location --> Answer
 *
 * @module
 */
import type { Clock } from "../base/clock.ts";
import { isLoopback } from "../base/net-names.ts";
import { fromThousandths, msToS, msToWholeS, sToMs } from "../base/units.ts";
import type { ContactFields, FlowEnd } from "../location/contact-table.ts";
import type { Location } from "../location/location.ts";
import type { Answer } from "../sip/answer.ts";
import { KNOWN_EXTENSIONS, unknownExtensions } from "../sip/extensions.ts";
import { quote } from "../sip/syntax/address.ts";
import { MessageParseError } from "../sip/syntax/errors.ts";
import type { SipRequest } from "../sip/syntax/message.ts";
import { parseUri } from "../sip/syntax/uri.ts";
import type { ExpiryPolicy } from "./expiry.ts";
import { isBehindNat, isSource, receivedUri } from "./nat.ts";
import type { RegistrarObserver } from "./observer.ts";
import { answerTo, type RegisterOutcome } from "./outcome.ts";
import { type Change, planRegister } from "./plan.ts";
import { type RegisterRequest, readRegister } from "./request.ts";

/** What the operator decides; all of it can change while the registrar runs, but for `useDomain`. */
export interface RegistrarPolicy extends ExpiryPolicy {
  /** Served domains, lower-case; empty = any. */
  readonly domains: readonly string[];
  readonly maxContactsPerAor: number;
  readonly useDomain: boolean;
  readonly natDetect: boolean;
  readonly path: "off" | "supported" | "required";
  readonly authMode: "loopback" | "none";
  readonly serverId: number;
}

/** Everything the registrar needs from the world. */
export interface RegistrarParts {
  readonly clock: Clock;
  readonly location: Location;
  readonly observer: RegistrarObserver;
  readonly policy: RegistrarPolicy;
  /** Number of the label of a domain. */
  readonly domainNumber: (domain: string) => number;
}

/** Decides what becomes of each REGISTER. */
export class Registrar {
  readonly #parts: RegistrarParts;
  #policy: RegistrarPolicy;
  #dateS = 0;
  #dateText = "";

  constructor(parts: RegistrarParts) {
    this.#parts = parts;
    this.#policy = parts.policy;
  }

  reload(policy: RegistrarPolicy): void {
    this.#policy = { ...policy, useDomain: this.#policy.useDomain };
  }

  /**
   * Answers a REGISTER that `checkRequest` has passed.
   *
   * @throws {MessageParseError} when To, Contact, Path or another header of a registration is malformed
   */
  register(request: SipRequest, flow: FlowEnd): Answer {
    const startMs = this.#parts.clock.monotonicMs();
    try {
      const read = readRegister(request, this.#policy.useDomain);
      const outcome = this.#decide(request, read, flow);
      const answer = outcome.kind === "bound" ? this.#bound(outcome.aor, outcome.path) : answerTo(outcome);
      this.#answered(isStranger(outcome) ? "" : read.domain, flow, answer.status, startMs);
      return answer;
    } catch (error) {
      if (error instanceof MessageParseError) this.#answered("", flow, error.status, startMs);
      throw error;
    }
  }

  #answered(domain: string, flow: FlowEnd, status: number, startMs: number): void {
    const { clock, observer, domainNumber } = this.#parts;
    observer.registerAnswered(domainNumber(domain), flow.transport, status, clock.monotonicMs() - startMs);
  }

  #decide(request: SipRequest, read: RegisterRequest, flow: FlowEnd): RegisterOutcome {
    const refused = this.#refuse(request, read, flow);
    if (refused !== null) return refused;
    const { location, clock } = this.#parts;
    const nowMs = clock.monotonicMs();
    this.#expire(read.aor, nowMs);
    const plan = planRegister(read, { table: location.table, policy: this.#policy, nowMs });
    if ("kind" in plan) return plan;
    for (const change of plan) this.#commit(change, read, flow, nowMs);
    return { kind: "bound", aor: read.aor, path: this.#policy.path === "off" ? null : read.path };
  }

  /** A binding whose time is up is neither counted nor listed, though its tick has not come yet. */
  #expire(aor: string, nowMs: number): void {
    const { location } = this.#parts;
    for (const slot of location.table.slotsOf(aor)) {
      if ((location.table.expiresAtMs[slot] as number) <= nowMs) location.remove(slot, "expired");
    }
  }

  /** Steps 1 to 5: is the request for us, understood, and allowed? */
  #refuse(request: SipRequest, read: RegisterRequest, flow: FlowEnd): RegisterOutcome | null {
    const { domains, authMode, path } = this.#policy;
    const isServed = (domain: string): boolean => domains.length === 0 || domains.includes(domain);
    if (!isServed(parseUri(request.requestUri).host)) return { kind: "refused", why: "domain" };
    const unsupported = unknownExtensions(request.headers, path === "off" ? [] : KNOWN_EXTENSIONS);
    if (unsupported.length > 0) return { kind: "bad-extension", unsupported };
    if (authMode === "loopback" && !isLoopback(flow.remoteAddress)) return { kind: "refused", why: "forbidden" };
    if (!isServed(read.domain)) return { kind: "refused", why: "domain" };
    if (path !== "off" && read.path !== null && !read.hasPathSupport) {
      return { kind: "bad-extension", unsupported: ["path"] };
    }
    if (path === "required" && read.path === null) return { kind: "extension-required", required: "path" };
    return null;
  }

  #commit(change: Change, read: RegisterRequest, flow: FlowEnd, nowMs: number): void {
    const { location } = this.#parts;
    if (change.kind === "remove") {
      location.remove(change.slot, "removed");
    } else {
      const fields = this.#fields(change, read, flow, nowMs);
      if (change.slot === null) location.store(fields);
      else location.refresh(change.slot, fields);
    }
  }

  #fields(change: Change & { kind: "store" }, read: RegisterRequest, flow: FlowEnd, nowMs: number): ContactFields {
    const { contact, expiresS } = change;
    const policy = this.#policy;
    return {
      aor: read.aor,
      address: contact.address,
      callId: read.callId,
      cseq: read.cseq.number,
      qThousandths: contact.qThousandths,
      expiresAtMs: nowMs + sToMs(expiresS),
      modifiedAtMs: nowMs,
      modifiedWallMs: this.#parts.clock.wallMs(),
      userAgent: read.userAgent,
      received: isSource(contact.uri, flow) ? null : receivedUri(flow),
      path: policy.path === "off" ? null : read.path,
      methods: read.methods,
      instance: contact.instance,
      regId: contact.regId,
      serverId: policy.serverId,
      isNated: policy.natDetect && isBehindNat(contact.uri, read.via, flow),
      domain: this.#parts.domainNumber(read.domain),
      flow,
    };
  }

  /** Step 8: every current binding with the time it has left, and Date. */
  #bound(aor: string, path: string | null): Answer {
    const { table } = this.#parts.location;
    const headers: [string, string][] = [];
    for (const slot of table.slotsOf(aor)) headers.push(["Contact", this.#contactValue(slot)]);
    if (path !== null) headers.push(["Path", path]);
    headers.push(["Date", this.#date()]);
    return { status: 200, reason: "OK", headers };
  }

  #contactValue(slot: number): string {
    const { location, clock } = this.#parts;
    const { table } = location;
    const { address, instance } = table.text(slot);
    const q = table.qThousandths[slot] as number;
    const leftMs = (table.expiresAtMs[slot] as number) - clock.monotonicMs();
    let value = `<${address}>`;
    if (q >= 0) value += `;q=${fromThousandths(q)}`;
    value += `;expires=${Math.max(0, Math.ceil(msToS(leftMs)))}`;
    if (instance !== null) value += `;+sip.instance=${quote(instance)}`;
    return (table.regId[slot] as number) > 0 ? `${value};reg-id=${table.regId[slot]}` : value;
  }

  /** RFC 3261 §20.17; made once a second. */
  #date(): string {
    const nowS = msToWholeS(this.#parts.clock.wallMs());
    if (nowS !== this.#dateS) {
      this.#dateS = nowS;
      this.#dateText = new Date(sToMs(nowS)).toUTCString();
    }
    return this.#dateText;
  }
}

/** Whether the sender may not register here: it gets no domain label of its own either. */
function isStranger(outcome: RegisterOutcome): boolean {
  return outcome.kind === "refused" && (outcome.why === "forbidden" || outcome.why === "domain");
}

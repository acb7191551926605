/**
 * What a REGISTER would change, decided before anything is changed: all of it commits, or none
 * (RFC 3261 §10.3 steps 6 and 7).
 *
 * @module
 */
import type { ContactTable } from "../location/contact-table.ts";
import { parseUri, uriEquals } from "../sip/syntax/uri.ts";
import { type ExpiryPolicy, grantExpires } from "./expiry.ts";
import type { RegisterOutcome } from "./outcome.ts";
import type { RegisterRequest, RequestedContact } from "./request.ts";

/** One step of a plan; `slot` is `null` for a new binding. */
export type Change =
  | {
      readonly kind: "store";
      readonly slot: number | null;
      readonly contact: RequestedContact;
      readonly expiresS: number;
    }
  | { readonly kind: "remove"; readonly slot: number };

/** What the plan depends on beside the request. */
export interface PlanParts {
  readonly table: ContactTable;
  readonly policy: ExpiryPolicy & { readonly maxContactsPerAor: number };
  readonly nowMs: number;
}

/** A request seen again within this time is a retransmission, not an old one: Timer J (RFC 3261 §17.2.2). */
const RETRANSMISSION_MS = 32_000;

/** The changes of a request, or the outcome that refuses it whole. */
export function planRegister(request: RegisterRequest, parts: PlanParts): readonly Change[] | RegisterOutcome {
  const slots = parts.table.slotsOf(request.aor);
  if (request.contacts === "*") return planWildcard(request, slots, parts);
  let changes: Change[] = [];
  for (const contact of request.contacts) {
    const slot = slotOf(contact, slots, parts.table);
    const step = planContact(request, contact, slot, parts);
    changes = withoutSame(changes, contact, slot);
    if (step === "unchanged") continue;
    if (step.kind !== "store" && step.kind !== "remove") return step;
    changes.push(step);
  }
  return refuseOverflow(changes, slots.length, parts) ?? removalsFirst(changes);
}

/** What goes makes room for what comes: a full table can still replace a contact. */
function removalsFirst(changes: readonly Change[]): readonly Change[] {
  return [...changes.filter(({ kind }) => kind === "remove"), ...changes.filter(({ kind }) => kind === "store")];
}

/** §10.3 step 6: `*` stands alone, with an expiry of 0, and obeys the order of each binding. */
function planWildcard(
  request: RegisterRequest,
  slots: readonly number[],
  parts: PlanParts,
): readonly Change[] | RegisterOutcome {
  if (request.expiresS !== 0) return { kind: "refused", why: "wildcard" };
  const changes: Change[] = [];
  for (const slot of slots) {
    const order = orderOf(request, slot, parts);
    if (order === "old") return { kind: "refused", why: "out-of-order" };
    if (order === "newer") changes.push({ kind: "remove", slot });
  }
  return changes;
}

function planContact(
  request: RegisterRequest,
  contact: RequestedContact,
  slot: number | null,
  parts: PlanParts,
): Change | RegisterOutcome | "unchanged" {
  const expiresS = grantExpires(contact.expiresS, parts.policy);
  if (expiresS === "too-brief") return { kind: "interval-too-brief", minExpiresS: parts.policy.minExpiresS };
  if (slot === null) return expiresS === 0 ? "unchanged" : { kind: "store", slot, contact, expiresS };
  const order = orderOf(request, slot, parts);
  if (order === "old") return { kind: "refused", why: "out-of-order" };
  if (order === "again") return "unchanged";
  return expiresS === 0 ? { kind: "remove", slot } : { kind: "store", slot, contact, expiresS };
}

/** The binding of a contact; `null` when it is new. Equality is not transitive: the very same text goes first. */
function slotOf(contact: RequestedContact, slots: readonly number[], table: ContactTable): number | null {
  const same = slots.find((slot) => table.text(slot).address === contact.address);
  return same ?? slots.find((slot) => isSameContact(table.text(slot).address, contact)) ?? null;
}

/** §10.3 step 7: bindings are compared by URI equality (§19.1.4). */
function isSameContact(address: string, contact: RequestedContact): boolean {
  try {
    return uriEquals(parseUri(address), contact.uri);
  } catch {
    return false; // A restored row can hold what another program wrote.
  }
}

/** A contact that stands twice in one request, or two that mean one binding, count as the last one says. */
function withoutSame(changes: readonly Change[], contact: RequestedContact, slot: number | null): Change[] {
  return changes.filter((change) => {
    const isSameSlot = slot !== null && change.slot === slot;
    return !isSameSlot && !(change.kind === "store" && uriEquals(change.contact.uri, contact.uri));
  });
}

/** §10.3 step 7: with the same Call-ID, only a higher CSeq may change a binding. */
function orderOf(request: RegisterRequest, slot: number, { table, nowMs }: PlanParts): "newer" | "again" | "old" {
  const cseq = table.cseq[slot] as number;
  if (table.text(slot).callId !== request.callId || request.cseq.number > cseq) return "newer";
  const isRecent = nowMs - (table.modifiedAtMs[slot] as number) < RETRANSMISSION_MS;
  return request.cseq.number === cseq && isRecent ? "again" : "old";
}

function refuseOverflow(
  changes: readonly Change[],
  held: number,
  { table, policy }: PlanParts,
): RegisterOutcome | null {
  let added = 0;
  let removed = 0;
  for (const change of changes) {
    if (change.kind === "remove") removed += 1;
    else if (change.slot === null) added += 1;
  }
  if (added === 0) return null;
  if (held + added - removed > policy.maxContactsPerAor) return { kind: "full", limit: "aor" };
  return added - removed > table.room ? { kind: "full", limit: "table" } : null;
}

/**
 * The ways a REGISTER can end, and what each one looks like on the wire.
 *
 * @module
 */
import { type Answer, plainAnswer } from "../sip/answer.ts";

/** Refusals that say nothing more than their status; the reason phrase says why. */
export type Refusal = "forbidden" | "domain" | "wildcard" | "out-of-order";

/** How a REGISTER ended. Nothing of the table has changed unless it is `bound`. */
export type RegisterOutcome =
  /** 200 with the current bindings (RFC 3261 §10.3 step 8). */
  | { readonly kind: "bound"; readonly aor: string; readonly path: string | null }
  /** 420 with the extensions we do not know (§8.2.2.3). */
  | { readonly kind: "bad-extension"; readonly unsupported: readonly string[] }
  /** 421 with the extension we insist on (§21.4.16). */
  | { readonly kind: "extension-required"; readonly required: string }
  /** 423 with Min-Expires (§10.3 step 7). */
  | { readonly kind: "interval-too-brief"; readonly minExpiresS: number }
  /** 503 with Retry-After: the AoR or the table holds no more. */
  | { readonly kind: "full"; readonly limit: "aor" | "table" }
  | { readonly kind: "refused"; readonly why: Refusal };

/** Seconds after which a full registrar may be asked again. */
const RETRY_AFTER_S = 60;

/** Everything but the 200, whose Contacts the registrar knows. The compiler complains here when a kind is added. */
export function answerTo(outcome: Exclude<RegisterOutcome, { kind: "bound" }>): Answer {
  switch (outcome.kind) {
    case "bad-extension":
      return plainAnswer(420, "Bad Extension", ["Unsupported", outcome.unsupported.join(", ")]);
    case "extension-required":
      return plainAnswer(421, "Extension Required", ["Require", outcome.required]);
    case "interval-too-brief":
      return plainAnswer(423, "Interval Too Brief", ["Min-Expires", String(outcome.minExpiresS)]);
    case "full":
      return plainAnswer(503, outcome.limit === "aor" ? "Too Many Contacts" : "Registrar Full", [
        "Retry-After",
        String(RETRY_AFTER_S),
      ]);
    case "refused":
      return refusal(outcome.why);
    default:
      return outcome satisfies never;
  }
}

function refusal(why: Refusal): Answer {
  switch (why) {
    case "forbidden":
      return plainAnswer(403, "Forbidden");
    case "domain":
      return plainAnswer(404, "Not Found");
    case "out-of-order":
      return plainAnswer(400, "Invalid CSeq Number");
    case "wildcard":
      return plainAnswer(400, "Invalid Wildcard Contact");
    default:
      return why satisfies never;
  }
}

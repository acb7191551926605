/**
 * How a simulated phone behaves: how long it takes to answer, what it loses, repeats or never does.
 *
 *      PopulationProfile --phoneProfile(index, seed)--> PhoneProfile --planAnswer(random)--> AnswerPlan
 *
 * Pure: the same profile, seed and phone give the same plans in the same order, whatever the other phones do.
 *
 * @module
 */
import { printable } from "../base/log.ts";
import { fraction, type Random, seededRandom } from "../base/random.ts";

/** Where a number of milliseconds comes from. */
export type Spread =
  /** One of these: as a base the phone's own (number `index` modulo length), as anything else any of them. */
  | { readonly kind: "list"; readonly valuesMs: readonly number[] }
  | { readonly kind: "uniform"; readonly minMs: number; readonly maxMs: number }
  /** `minMs` plus an exponential tail with the mean `tailMeanMs`, cut at `maxMs`. */
  | { readonly kind: "tail"; readonly minMs: number; readonly tailMeanMs: number; readonly maxMs: number };

/** How phones of a group come and go; both times are exponentially distributed. */
export interface Churn {
  readonly onlineMeanMs: number;
  readonly offlineMeanMs: number;
  /** With probability 0..1 the phone says goodbye (REGISTER with `expires=0`); otherwise it just falls silent. */
  readonly gracefulRatio: number;
}

/** Phones that behave alike. Ratios are 0..1. */
export interface PhoneGroup {
  readonly name: string;
  /** Share of the population, relative to the other groups. */
  readonly weight: number;
  /** Drawn once per phone: where it stands in the network. */
  readonly base: Spread;
  /** Drawn per answer and added to the base. */
  readonly jitter: Spread;
  /** Probes that are never answered. */
  readonly lossRatio: number;
  /** Answers that are sent twice. */
  readonly duplicateRatio: number;
  /** Answers that wait for `late` instead of base and jitter. */
  readonly lateRatio: number;
  /** Longer than the registrar's probe timeout (4 s unless configured). */
  readonly late: Spread;
  /** Phones that register and then never answer anything. */
  readonly deadRatio: number;
  /** REGISTER datagrams that never leave (UDP only): what retransmission is for. */
  readonly registerLossRatio: number;
  /** Status of the answers, 200..699. */
  readonly status: number;
  readonly churn: Churn | null;
  /** Counts only in a population whose transport is `"mixed"`. */
  readonly transport: "udp" | "tcp";
  readonly userAgents: readonly string[];
}

/** A whole population; plain data, so that it can be handed to a thread. */
export interface PopulationProfile {
  readonly groups: readonly PhoneGroup[];
}

/** What one phone was dealt. */
export interface PhoneProfile {
  readonly group: PhoneGroup;
  readonly baseMs: number;
  readonly isDead: boolean;
  readonly userAgent: string;
  /** Seed of the phone's stream of answer plans. */
  readonly answerSeed: number;
}

/** The fate of one probe. */
export interface AnswerPlan {
  readonly isLost: boolean;
  readonly isLate: boolean;
  /** From the arrival of the probe to the answer. */
  readonly delayMs: number;
  /** From the answer to its copy; `null` when there is no copy. */
  readonly duplicateAfterMs: number | null;
}

/** A copy follows within this: what a retransmitting link or a switching loop does. */
const DUPLICATE_AFTER_MS_MAX = 20;
/** Golden ratio: multiples of it, modulo 1, fill the groups evenly from the first phone on. */
const GOLDEN_RATIO = 0.618033988749895;
/** Odd, so that multiplying by it maps different indices to different seeds. */
const INDEX_FACTOR = 0x85ebca6b;

/** Deals phone `index` its group and its lasting traits. */
export function phoneProfile(profile: PopulationProfile, dealt: { index: number; seed: number }): PhoneProfile {
  const random = seededRandom((dealt.seed ^ Math.imul(dealt.index + 1, INDEX_FACTOR)) >>> 0);
  const answerSeed = random.u32();
  const seedOffset = fraction(seededRandom(dealt.seed));
  const group = groupAt(profile.groups, (seedOffset + (dealt.index + 1) * GOLDEN_RATIO) % 1);
  const baseMs =
    group.base.kind === "list"
      ? (group.base.valuesMs[dealt.index % group.base.valuesMs.length] as number)
      : drawMs(group.base, fraction(random));
  const isDead = fraction(random) < group.deadRatio;
  const userAgent = group.userAgents[random.u32() % group.userAgents.length] as string;
  return { group, baseMs, isDead, userAgent, answerSeed };
}

/** Decides what happens to the next probe of a phone. Draws five numbers whatever the outcome. */
export function planAnswer(phone: PhoneProfile, random: Random): AnswerPlan {
  const { group } = phone;
  const isLost = fraction(random) < group.lossRatio;
  const isLate = fraction(random) < group.lateRatio;
  const wait = fraction(random);
  const isDuplicated = fraction(random) < group.duplicateRatio;
  const gap = fraction(random);
  return {
    isLost,
    isLate,
    delayMs: isLate ? drawMs(group.late, wait) : Math.max(0, phone.baseMs + drawMs(group.jitter, wait)),
    duplicateAfterMs: isDuplicated ? gap * DUPLICATE_AFTER_MS_MAX : null,
  };
}

/** The value of a spread at `share` (0 <= share < 1) of its probability. */
export function drawMs(spread: Spread, share: number): number {
  switch (spread.kind) {
    case "list":
      return spread.valuesMs[Math.floor(share * spread.valuesMs.length)] as number;
    case "uniform":
      return spread.minMs + share * (spread.maxMs - spread.minMs);
    case "tail":
      return Math.min(spread.maxMs, spread.minMs - Math.log(1 - share) * spread.tailMeanMs);
    default:
      return spread satisfies never;
  }
}

function groupAt(groups: readonly PhoneGroup[], position: number): PhoneGroup {
  const total = groups.reduce((sum, group) => sum + group.weight, 0);
  let left = position * total;
  for (const group of groups) {
    if (left < group.weight) return group;
    left -= group.weight;
  }
  return groups.at(-1) as PhoneGroup; // Rounding may leave a crumb behind the last one.
}

/**
 * Refuses a profile that cannot be played.
 *
 * @throws {RangeError} naming the group, the field and the value
 */
export function checkProfile(profile: PopulationProfile): void {
  if (profile.groups.length === 0) throw new RangeError("A profile needs at least one group of phones");
  for (const group of profile.groups) checkGroup(group);
}

function checkGroup(group: PhoneGroup): void {
  const refuse = (field: string, value: unknown, accepted: string): never => {
    throw new RangeError(`Group ${group.name}: ${field} must be ${accepted}, got ${String(value)}`);
  };
  const { lossRatio, duplicateRatio, lateRatio, deadRatio, registerLossRatio } = group;
  for (const [field, ratio] of Object.entries({ lossRatio, duplicateRatio, lateRatio, deadRatio, registerLossRatio })) {
    if (!(ratio >= 0 && ratio <= 1)) refuse(field, ratio, "0 to 1");
  }
  if (!(group.weight > 0)) refuse("weight", group.weight, "above 0");
  if (!(Number.isInteger(group.status) && group.status >= 200 && group.status <= 699)) {
    refuse("status", group.status, "a final status, 200 to 699");
  }
  if (group.userAgents.length === 0) refuse("userAgents", "none", "at least one");
  const unprintable = group.userAgents.find((userAgent) => userAgent !== printable(userAgent));
  if (unprintable !== undefined) refuse("userAgents", printable(unprintable), "short and printable");
  const { base, jitter, late } = group;
  for (const [field, spread] of Object.entries({ base, jitter, late })) {
    const problem = spreadProblem(spread);
    if (problem !== null) refuse(field, problem, "a spread of finite milliseconds");
  }
}

/** What is wrong with a spread; `null` when nothing is. */
function spreadProblem(spread: Spread): string | null {
  const { kind, ...numbers } = spread;
  const values = Object.values(numbers).flat();
  if (values.length === 0) return "an empty list";
  if (!values.every(Number.isFinite)) return values.join(", ");
  if (spread.kind !== "list" && spread.minMs > spread.maxMs) return `${kind} from ${spread.minMs} to ${spread.maxMs}`;
  return null;
}

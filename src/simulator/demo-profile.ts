/**
 * Ready-made populations: the mix of a demonstration, and plain phones for drills and measurements.
 *
 * @module
 */
import type { Churn, PhoneGroup, PopulationProfile, Spread } from "./profiles.ts";

/** An answer that comes after 4 s is late for a registrar with default settings; 6 s keeps it within the interval. */
const LATE: Spread = { kind: "uniform", minMs: 4_200, maxMs: 6_000 };

const DESK_PHONES = [
  "Yealink SIP-T46U 108.86.0.90",
  "Yealink SIP-T54W 96.86.0.70",
  "PolycomVVX-VVX_450-UA/6.4.6.2494",
  "snomD785/10.1.169.16",
  "Grandstream GXP2170 1.0.11.79",
  "Cisco/SPA525G2-7.6.2f",
] as const;
const HOME_PHONES = ["FRITZ!OS", "Gigaset N670 IP PRO/83.v2.53.0", "Grandstream HT802 1.0.55.5"] as const;
const MOBILE_PHONES = [
  "Acrobits iOS/24.1",
  "LinphoneAndroid/5.2.5",
  "Zoiper rv2.10.19",
  "Bria Mobile iOS 6.14",
] as const;

/** Everything a well-behaved phone does not do. */
const WELL_BEHAVED = {
  lossRatio: 0,
  duplicateRatio: 0,
  lateRatio: 0,
  late: LATE,
  deadRatio: 0,
  registerLossRatio: 0,
  status: 200,
  churn: null,
  transport: "udp",
} as const;

const MINUTE_MS = 60_000;
/** A mobile phone leaves every half hour or so and is back within two minutes; one time in three without a word. */
const MOBILE_CHURN: Churn = {
  onlineMeanMs: 30 * MINUTE_MS,
  offlineMeanMs: 2 * MINUTE_MS,
  gracefulRatio: 0.67,
};

/** Most phones at 15 to 60 ms, a mobile group at 80 to 250 ms with jitter, a few bad and a few silent ones. */
export const demoProfile: PopulationProfile = {
  groups: [
    {
      ...WELL_BEHAVED,
      name: "office",
      weight: 56,
      base: { kind: "uniform", minMs: 15, maxMs: 45 },
      jitter: { kind: "tail", minMs: 0, tailMeanMs: 2, maxMs: 40 },
      userAgents: DESK_PHONES,
    },
    {
      ...WELL_BEHAVED,
      name: "home",
      weight: 16,
      base: { kind: "uniform", minMs: 20, maxMs: 60 },
      jitter: { kind: "tail", minMs: 0, tailMeanMs: 6, maxMs: 150 },
      lossRatio: 0.002,
      userAgents: HOME_PHONES,
    },
    {
      ...WELL_BEHAVED,
      name: "mobile",
      weight: 16,
      base: { kind: "uniform", minMs: 80, maxMs: 250 },
      jitter: { kind: "tail", minMs: 0, tailMeanMs: 25, maxMs: 600 },
      lossRatio: 0.01,
      churn: MOBILE_CHURN,
      userAgents: MOBILE_PHONES,
    },
    {
      ...WELL_BEHAVED,
      name: "softphone",
      weight: 5,
      base: { kind: "uniform", minMs: 15, maxMs: 60 },
      jitter: { kind: "tail", minMs: 0, tailMeanMs: 4, maxMs: 100 },
      transport: "tcp",
      userAgents: ["MicroSIP/3.21.3", "Zoiper v2.10.20.4"],
    },
    {
      ...WELL_BEHAVED,
      name: "no-options", // Alive, but OPTIONS is not for its user: common with gateways.
      weight: 2,
      base: { kind: "uniform", minMs: 20, maxMs: 50 },
      jitter: { kind: "tail", minMs: 0, tailMeanMs: 2, maxMs: 40 },
      status: 404,
      userAgents: ["Patton SN4141 3.21.3", "AUDC-MP-114 6.60A"],
    },
    {
      ...WELL_BEHAVED,
      name: "bad-line",
      weight: 3,
      base: { kind: "uniform", minMs: 120, maxMs: 400 },
      jitter: { kind: "tail", minMs: 0, tailMeanMs: 200, maxMs: 2_500 },
      lossRatio: 0.12,
      duplicateRatio: 0.02,
      lateRatio: 0.02,
      registerLossRatio: 0.05,
      userAgents: HOME_PHONES,
    },
    {
      ...WELL_BEHAVED,
      name: "silent",
      weight: 2,
      base: { kind: "list", valuesMs: [0] },
      jitter: { kind: "list", valuesMs: [0] },
      deadRatio: 1,
      userAgents: DESK_PHONES,
    },
  ],
};

/** What `plainProfile` can be asked for; ratios are 0..1 and 0 unless given. */
export interface PlainProfileOptions {
  /** Phone `i` takes entry `i` modulo length, as its own round trip. */
  readonly delaysMs: readonly number[];
  /** Mean of an exponential tail on top of it, cut at ten times the mean; 0 unless given. */
  readonly jitterMs?: number;
  readonly lossRatio?: number;
  readonly duplicateRatio?: number;
  readonly lateRatio?: number;
  readonly deadRatio?: number;
  /** 200 unless given. */
  readonly status?: number;
  readonly churn?: Churn | null;
}

/** One group of phones with exactly these traits. */
export function plainProfile(options: PlainProfileOptions): PopulationProfile {
  const { delaysMs, jitterMs = 0, ...traits } = options;
  const plain: PhoneGroup = {
    ...WELL_BEHAVED,
    ...traits,
    name: "plain",
    weight: 1,
    base: { kind: "list", valuesMs: delaysMs },
    jitter: { kind: "tail", minMs: 0, tailMeanMs: jitterMs, maxMs: 10 * jitterMs },
    userAgents: ["sipulse-simulator"],
  };
  return { groups: [plain] };
}

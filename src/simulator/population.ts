/**
 * N phones as real SIP peers of a registrar, over UDP or TCP: opens them, counts them, ends them.
 *
 *      Lines --octets--> Switchboard --request, by user-----> Phone --answer--> DueQueue --> its Line
 *                                    --response, by branch--> Phone (its registration)
 *
 * Shares nothing with the registrar but the syntax of messages: what it says about delays is measured here.
 *
 * @module
 */
import { type Clock, elapsed, systemClock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { type Random, secureRandom } from "../base/random.ts";
import { DueQueue } from "./due-queue.ts";
import { userOf } from "./line.ts";
import { Lines } from "./lines.ts";
import { routeTo } from "./local-address.ts";
import { pace } from "./pace.ts";
import { Phone } from "./phone.ts";
import { type PhoneProfile, phoneProfile } from "./profiles.ts";
import { type CompleteSettings, completeSettings, type PopulationSettings } from "./settings.ts";
import { Switchboard } from "./switchboard.ts";
import { type PopulationStats, Tally } from "./tally.ts";
import { type PhoneTruth, TruthRings } from "./truth.ts";

/** Settings, and the parts that a test replaces. */
export interface PopulationOptions extends PopulationSettings {
  readonly log?: Log;
  readonly clock?: Clock;
  /** Call-IDs, tags, branches, churn; unpredictable unless given, so that a second run is not taken for the first. */
  readonly random?: Random;
}

/** Phones that are running. */
export interface Population extends AsyncDisposable {
  /** Resolves once every phone was registered or failed once, or when the population is closed. */
  readonly settled: Promise<void>;
  stats(): PopulationStats;
  /** The latest true delays of every phone that ever answered. */
  truth(): readonly PhoneTruth[];
  /** Ends every phone, then closes the sockets. Safe to call twice. */
  close(): Promise<void>;
}

/** Answers that may wait at a time, for each phone: one probe per probe timeout needs two. */
const ANSWERS_WAITING_PER_PHONE = 4;
const ANSWERS_WAITING_MIN = 1_000;
/** `close` says goodbye within this ... */
const UNREGISTER_WITHIN_S = 2;
/** ... and then waits at most this long for the registrar's answers, looking this often. */
const UNREGISTER_GRACE_MS = 2_000;
const UNREGISTER_LOOK_MS = 20;

/** Different reasons for a failure that are logged; a registrar has a handful. */
const WARNINGS_MAX = 20;

/**
 * Opens the sockets and starts registering.
 *
 * @throws {RangeError} when a setting or the profile is out of range
 * @throws when the target cannot be resolved or a socket cannot be bound
 */
export async function openPopulation(options: PopulationOptions): Promise<Population> {
  const settings = completeSettings(options);
  const parts: Parts = {
    clock: options.clock ?? systemClock,
    random: options.random ?? secureRandom(),
    log: options.log ?? null,
    tally: new Tally(),
  };
  const switchboard = new Switchboard(parts.clock, parts.tally);
  const profiles = Array.from({ length: settings.phones }, (_, index) =>
    phoneProfile(settings.profile, { index, seed: settings.seed }),
  );
  const { transport } = settings;
  const transports = profiles.map(({ group }) => (transport === "mixed" ? group.transport : transport));
  const route = await routeTo(settings.target, parts.clock);
  const lines = await Lines.open({ ...parts, ...route, transports }, switchboard);
  const population = new RunningPopulation(settings, parts, lines);
  for (const [index, profile] of profiles.entries()) switchboard.connect(population.add(index, profile));
  population.start();
  return population;
}

interface Parts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log | null;
  readonly tally: Tally;
}

class RunningPopulation implements Population {
  readonly settled: Promise<void>;
  readonly #settings: CompleteSettings;
  readonly #parts: Parts;
  readonly #lines: Lines;
  readonly #queue: DueQueue;
  readonly #truth: TruthRings;
  readonly #phones: Phone[] = [];
  /** Phones that were neither registered nor refused yet. */
  readonly #unsettled = new Set<number>();
  /** What was warned of already: a refusal is news once, not once per phone. */
  readonly #warned = new Set<string>();
  #settle: () => void = () => {};
  #cancelPace: () => void = () => {};
  #closed: Promise<void> | null = null;

  constructor(settings: CompleteSettings, parts: Parts, lines: Lines) {
    this.#settings = settings;
    this.#parts = parts;
    this.#lines = lines;
    this.#truth = new TruthRings(settings.phones);
    this.#queue = new DueQueue({
      clock: parts.clock,
      limit: Math.max(ANSWERS_WAITING_MIN, ANSWERS_WAITING_PER_PHONE * settings.phones),
    });
    this.settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  add(index: number, profile: PhoneProfile): Phone {
    const { clock, random, tally } = this.#parts;
    const { domain, expiresS } = this.#settings;
    const phone = new Phone({
      index,
      profile,
      domain,
      expiresS,
      line: this.#lines.of(index),
      clock,
      random,
      queue: this.#queue,
      tally,
      onAnswered: (delayMs) => this.#truth.record(index, delayMs, clock.wallMs()),
      onRegisterFailed: (why) => {
        this.#warnOnce(index, why);
        this.#settled(index);
      },
      onState: (state) => {
        if (state === "registered") this.#settled(index);
      },
    });
    this.#phones.push(phone);
    this.#unsettled.add(index);
    return phone;
  }

  start(): void {
    const { phones, ratePerS } = this.#settings;
    this.#cancelPace = pace(this.#parts.clock, {
      count: phones,
      ratePerS,
      run: (index) => {
        this.#lines.start(index);
        this.#phones[index]?.start();
      },
    });
  }

  stats(): PopulationStats {
    return this.#parts.tally.stats(this.#queue.size);
  }

  truth(): readonly PhoneTruth[] {
    return this.#phones
      .map((_, index) => ({ user: userOf(index), delays: this.#truth.of(index) }))
      .filter(({ delays }) => delays.length > 0);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#cancelPace();
    if (this.#settings.unregisterOnClose) await this.#unregister();
    for (const phone of this.#phones) phone.halt();
    this.#queue.clear();
    this.#settle();
    await this.#lines.close();
  }

  /** Best effort: spread over two seconds, and no waiting for a registrar that does not answer. */
  async #unregister(): Promise<void> {
    const { clock } = this.#parts;
    const phones = this.#phones;
    const ratePerS = Math.max(this.#settings.ratePerS, phones.length / UNREGISTER_WITHIN_S);
    await new Promise<void>((resolve) => {
      pace(clock, { count: phones.length, ratePerS, run: (index) => phones[index]?.stop(), onDone: resolve });
    });
    const untilMs = clock.monotonicMs() + UNREGISTER_GRACE_MS;
    while (phones.some((phone) => phone.isAsking) && clock.monotonicMs() < untilMs) {
      await elapsed(clock, UNREGISTER_LOOK_MS);
    }
  }

  /** The first attempt of a phone has ended, one way or the other. */
  #settled(index: number): void {
    this.#unsettled.delete(index);
    if (this.#unsettled.size === 0) this.#settle();
  }

  #warnOnce(index: number, why: string): void {
    if (this.#warned.has(why) || this.#warned.size >= WARNINGS_MAX) return;
    this.#warned.add(why);
    this.#parts.log?.warn("simulated phone not registered", { user: userOf(index), why });
  }
}

/**
 * Who may use the web listener when its configuration file names users: basic authentication (RFC 7617) with bcrypt.
 *
 *      name, password --> seen before? --> verdict
 *                             | no
 *                             +--> one comparison in the bcrypt thread --> verdict, remembered
 *
 * A name nobody has costs a comparison as well, so that time does not tell which names exist. Refused credentials are
 * remembered apart from accepted ones: who guesses cannot push out who may come in.
 *
 * @module
 */
import { createHmac } from "node:crypto";
import type { RequestHandler } from "express";
import type { Log } from "../base/log.ts";
import { type Random, randomHex } from "../base/random.ts";
import { HttpProblem } from "./problem.ts";

/** Compares passwords with hashes, away from this thread. */
export interface PasswordComparer {
  /** Rejects when it cannot compare. */
  matches(password: string, hash: string): Promise<boolean>;
}

/** What `admitUsers` needs. */
export interface AdmitUsersOptions {
  /** Name to bcrypt hash, as of this request; empty = anyone may come in. */
  readonly users: () => ReadonlyMap<string, string>;
  readonly comparer: PasswordComparer;
  /** Draws the key of the remembered verdicts. */
  readonly random: Random;
  /** Told when comparisons are refused because too many wait. */
  readonly log: Log;
}

/** Verdicts remembered of each sort; the oldest leaves first. */
const REMEMBERED_MAX = 100;
/** Comparisons that may wait: at 70 ms each the last one waits two seconds. */
const WAITING_MAX = 32;
/** Salt and digest of a hash that belongs to nobody. */
const NOBODY = "QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi";

/** Lets a request pass, or throws 401, 503. */
export function admitUsers(options: AdmitUsersOptions): RequestHandler {
  const desk = new VerdictDesk(options);
  return async (request, _response, next) => {
    const users = options.users();
    if (users.size > 0) {
      const credential = credentialOf(request.headers.authorization);
      if (credential === null || !(await desk.verdict(users, credential))) throw unauthorized();
    }
    next();
  };
}

interface Credential {
  readonly name: string;
  readonly password: string;
}

/** `null` when the header is missing or is not basic authentication. */
function credentialOf(authorization: string | undefined): Credential | null {
  const encoded = /^basic +([\w+/-]+=*)$/i.exec(authorization ?? "")?.[1];
  if (encoded === undefined) return null;
  const text = Buffer.from(encoded, "base64").toString();
  const colon = text.indexOf(":");
  return colon < 0 ? null : { name: text.slice(0, colon), password: text.slice(colon + 1) };
}

function unauthorized(): HttpProblem {
  return new HttpProblem(401, "Unauthorized", {
    detail: "This listener asks for a user of its web configuration file",
    headers: { "WWW-Authenticate": 'Basic realm="sipulse", charset="UTF-8"' },
  });
}

class VerdictDesk {
  readonly #comparer: PasswordComparer;
  readonly #log: Log;
  /** Unpredictable, so that what is kept in memory says nothing about a password. */
  readonly #key: string;
  readonly #accepted = new Set<string>();
  readonly #refused = new Set<string>();
  readonly #waiting = new Map<string, Promise<boolean>>();
  #turnedAway = 0;

  constructor({ comparer, random, log }: AdmitUsersOptions) {
    this.#comparer = comparer;
    this.#log = log;
    this.#key = randomHex(random, 8);
  }

  /** Whether the credential is right. The same credential at the same time is compared once. */
  verdict(users: ReadonlyMap<string, string>, { name, password }: Credential): Promise<boolean> | boolean {
    const hash = users.get(name);
    const compared = hash ?? nobodysHash(users);
    const id = createHmac("sha256", this.#key)
      .update(JSON.stringify([name, compared, password]))
      .digest("base64");
    if (hash !== undefined && this.#accepted.has(id)) return true;
    if (this.#refused.has(id)) return false;
    return this.#waiting.get(id) ?? this.#compare(id, { password, compared, isKnown: hash !== undefined });
  }

  #compare(id: string, what: { password: string; compared: string; isKnown: boolean }): Promise<boolean> {
    if (this.#waiting.size >= WAITING_MAX) throw this.#tooMany();
    const verdict = this.#comparer
      .matches(what.password, what.compared)
      .then((isMatch) => {
        const isRight = isMatch && what.isKnown;
        remember(isRight ? this.#accepted : this.#refused, id);
        return isRight;
      })
      .finally(() => this.#waiting.delete(id));
    this.#waiting.set(id, verdict);
    return verdict;
  }

  /** One line at the 1st, 2nd, 4th, 8th, … time: whoever guesses in a loop does not also fill the log. */
  #tooMany(): HttpProblem {
    this.#turnedAway += 1;
    if (Number.isInteger(Math.log2(this.#turnedAway))) {
      this.#log.warn("http login turned away", { turnedAway: this.#turnedAway, limit: WAITING_MAX });
    }
    return new HttpProblem(503, "Service Unavailable", {
      detail: "Too many logins at once",
      headers: { "Retry-After": "2" },
    });
  }
}

/** Costs as much as the dearest hash there is. */
function nobodysHash(users: ReadonlyMap<string, string>): string {
  const costs = [...users.values()].map((hash) => hash.slice(4, 6)).sort();
  return `$2b$${costs.at(-1) ?? "10"}$${NOBODY}`;
}

function remember(verdicts: Set<string>, id: string): void {
  verdicts.add(id);
  for (const oldest of verdicts) {
    if (verdicts.size <= REMEMBERED_MAX) return;
    verdicts.delete(oldest);
  }
}

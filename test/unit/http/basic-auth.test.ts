import type { Request, Response } from "express";
import { beforeAll, describe, expect, test } from "vitest";
import { seededRandom } from "../../../src/base/random.ts";
import { admitUsers } from "../../../src/http/basic-auth.ts";
import { openBcryptThread } from "../../../src/http/bcrypt-thread.ts";
import { HttpProblem } from "../../../src/http/problem.ts";

/** Of cost 4, and of nobody's password. */
const hashOf = (letter: string) => `$2b$04$${letter.repeat(53)}`;

/** A hash matches the password that is its last letter; every comparison is counted. */
class CountingComparer {
  readonly compared: string[] = [];
  /** Comparisons wait while this is set. */
  gate: Promise<void> | null = null;

  async matches(password: string, hash: string): Promise<boolean> {
    this.compared.push(hash);
    await this.gate;
    return hash.endsWith(password);
  }
}

const basic = (credential: string) => `Basic ${Buffer.from(credential).toString("base64")}`;

function openDoor(initial: Readonly<Record<string, string>>) {
  const door = { users: new Map(Object.entries(initial)), comparer: new CountingComparer(), warned: 0 };
  const log = { debug() {}, info() {}, error() {}, warn: () => void door.warned++ };
  const handler = admitUsers({ users: () => door.users, comparer: door.comparer, random: seededRandom(1), log });
  /** 200, or the status it was refused with. */
  const enter = async (authorization?: string): Promise<number> => {
    let status = 0;
    try {
      await handler({ headers: { authorization } } as Request, {} as Response, () => {
        status = 200;
      });
    } catch (error) {
      if (!(error instanceof HttpProblem)) throw error;
      status = error.status;
    }
    return status;
  };
  return Object.assign(door, { enter });
}

describe("a listener with users", () => {
  test.each([
    { authorization: basic("alice:a"), status: 200, because: "name and password are right" },
    { authorization: basic("alice:a").replace("Basic", "bAsIc  "), status: 200, because: "RFC 7617: no case" },
    { authorization: basic("al:ice:a"), status: 401, because: "a name ends at the first colon" },
    { authorization: basic("colon:x:c"), status: 401, because: "a password may hold colons, and this one is wrong" },
    { authorization: basic("alice:b"), status: 401, because: "the password of somebody else" },
    { authorization: basic("Alice:a"), status: 401, because: "names have case" },
    { authorization: basic("mallory:a"), status: 401, because: "nobody has this name" },
    { authorization: basic("__proto__:a"), status: 401, because: "nobody has this name either" },
    { authorization: basic("alice"), status: 401, because: "no colon" },
    { authorization: basic(":"), status: 401, because: "nothing" },
    { authorization: "Bearer alice:a", status: 401, because: "another scheme" },
    { authorization: "Basic !!!", status: 401, because: "not base64" },
    { authorization: "", status: 401, because: "an empty header" },
    { authorization: undefined, status: 401, because: "no header" },
  ])("answers $status: $because", async ({ authorization, status }) => {
    const door = openDoor({ alice: hashOf("a"), bob: hashOf("b"), colon: hashOf("c") });
    expect(await door.enter(authorization)).toBe(status);
  });

  test("without users lets everybody in, with any header", async () => {
    const door = openDoor({});
    expect([await door.enter(), await door.enter(basic("x:y"))]).toEqual([200, 200]);
    expect(door.comparer.compared).toEqual([]);
  });

  test("compares a right, a wrong and an unknown credential once each, and remembers all three", async () => {
    const door = openDoor({ alice: hashOf("a") });
    for (const credential of ["alice:a", "alice:z", "mallory:a"]) {
      door.comparer.compared.length = 0;
      const first = await door.enter(basic(credential));
      expect(door.comparer.compared).toHaveLength(1);
      expect(await door.enter(basic(credential))).toBe(first);
      expect(door.comparer.compared).toHaveLength(1);
    }
  });

  test("an unknown name costs as much as the dearest known one, and never comes in", async () => {
    const door = openDoor({ cheap: hashOf("a"), dear: hashOf("a").replace("$04$", "$12$") });
    door.comparer.matches = async (_password, hash) => {
      door.comparer.compared.push(hash);
      return true; // Even if the password of nobody were known.
    };
    expect(await door.enter(basic("mallory:a"))).toBe(401);
    expect(await door.enter(basic("mallory:a"))).toBe(401);
    expect(door.comparer.compared).toEqual([expect.stringMatching(/^\$2b\$12\$.{53}$/)]);
  });

  test("the same credential fifty times at once is compared once", async () => {
    const door = openDoor({ alice: hashOf("a") });
    const statuses = await Promise.all(Array.from({ length: 50 }, () => door.enter(basic("alice:a"))));
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(door.comparer.compared).toHaveLength(1);
  });

  test("a user who is gone, new, or has another password is judged by the hash of now", async () => {
    const door = openDoor({ alice: hashOf("a") });
    expect(await door.enter(basic("alice:a"))).toBe(200);
    door.users.set("alice", hashOf("b"));
    expect([await door.enter(basic("alice:a")), await door.enter(basic("alice:b"))]).toEqual([401, 200]);
    door.users.set("bob", hashOf("b"));
    expect(await door.enter(basic("bob:b"))).toBe(200);
    door.users.delete("alice");
    expect(await door.enter(basic("alice:b"))).toBe(401);
    door.users.set("alice", hashOf("b"));
    expect(await door.enter(basic("alice:b"))).toBe(200);
  });
});

describe("somebody who guesses", () => {
  test("cannot make the listener forget who may come in", async () => {
    const door = openDoor({ alice: hashOf("a") });
    expect(await door.enter(basic("alice:a"))).toBe(200);
    for (let i = 0; i < 300; i++) expect(await door.enter(basic(`alice:guess ${i}`))).toBe(401);
    const before = door.comparer.compared.length;
    expect(await door.enter(basic("alice:a"))).toBe(200);
    expect(door.comparer.compared).toHaveLength(before);
    // Of the guesses only the latest hundred are remembered.
    await door.enter(basic("alice:guess 299"));
    expect(door.comparer.compared).toHaveLength(before);
    await door.enter(basic("alice:guess 0"));
    expect(door.comparer.compared).toHaveLength(before + 1);
  });

  test("is answered 503 when 32 comparisons wait, which keeps nobody out who came in before", async () => {
    const door = openDoor({ alice: hashOf("a") });
    await door.enter(basic("alice:a"));
    const open = Promise.withResolvers<void>();
    door.comparer.gate = open.promise;
    const waiting = Array.from({ length: 32 }, (_, i) => door.enter(basic(`alice:guess ${i}`)));
    expect([await door.enter(basic("alice:32")), await door.enter(basic("alice:33"))]).toEqual([503, 503]);
    expect(door.warned).toBe(2);
    expect(await door.enter(basic("alice:a"))).toBe(200);
    open.resolve();
    expect(new Set(await Promise.all(waiting))).toEqual(new Set([401]));
    expect(await door.enter(basic("alice:34"))).toBe(401);
  });

  test("a comparison that failed is not remembered", async () => {
    const door = openDoor({ alice: hashOf("a") });
    door.comparer.gate = Promise.reject(new Error("the bcrypt thread ended"));
    await expect(door.enter(basic("alice:a"))).rejects.toThrow("the bcrypt thread ended");
    door.comparer.gate = null;
    expect(await door.enter(basic("alice:a"))).toBe(200);
  });
});

describe("the bcrypt thread", () => {
  let hash = "";
  beforeAll(async () => {
    const { hashSync } = await import("bcryptjs");
    hash = hashSync("correct horse", 4);
  });

  test("compares in order, many at once, with each of the three prefixes", async () => {
    await using thread = openBcryptThread();
    const answers = ["2a", "2b", "2y"].flatMap((prefix) =>
      ["correct horse", "correct hors", ""].map((text) => thread.matches(text, hash.replace("2b", prefix))),
    );
    expect(await Promise.all(answers)).toEqual([true, false, false, true, false, false, true, false, false]);
  });

  test("that is ended refuses what still waits, and starts again for the next comparison", async () => {
    await using thread = openBcryptThread();
    const dear = thread.matches("correct horse", hash.replace("$04$", "$16$"));
    const failed = expect(dear).rejects.toThrow("the bcrypt thread ended");
    await thread[Symbol.asyncDispose]();
    await failed;
    expect(await thread.matches("correct horse", hash)).toBe(true);
  });
});

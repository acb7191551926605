import { describe, expect } from "vitest";
import { type EngineHost, listenOn } from "../fakes/engine-host.ts";
import { register, test } from "../fakes/stage.ts";

describe.concurrent("a thousand contacts", () => {
  const USERS = 250;
  const ROUNDS = 4;

  test("are dumped in pages that never split an AoR, whatever the size of a page", async ({ stage }) => {
    const host = await stage.host({ maxContacts: 1_200, listen: [listenOn("udp")], keepalive: { scope: "off" } });
    const phone = await stage.phone(host);
    // Round by round, so that the contacts of one AoR lie far apart.
    for (let round = 0; round < ROUNDS; round++) {
      for (let user = 0; user < USERS; user++) {
        await register(phone, `<sip:${round}@h>`, { to: `<sip:user${user}@example.org>` });
      }
    }
    // Holes, and slots that are used again.
    for (let user = 0; user < USERS; user += 5) {
      await register(phone, "<sip:0@h>;expires=0", { to: `<sip:user${user}@example.org>` });
      await register(phone, "<sip:9@h>", { to: `<sip:user${(user + 7) % USERS}@example.org>` });
    }
    for (const limit of [0, 1, 3, 50, 999, 5_000]) expectWholePages(host, limit);
    expect(await host.metric("registrarBindings")).toBe(USERS * ROUNDS);
    expect(await host.metric("registrarAors")).toBe(USERS);
  });

  function expectWholePages(host: EngineHost, limit: number): void {
    const pageOf = new Map<string, number>();
    const ruids = new Set<string>();
    let pages = 0;
    for (let cursor: number | null = 0; cursor !== null; pages++) {
      const page = host.engine.dumpPage(cursor, limit);
      expect(page.aors).toBe(USERS);
      expect(page.contacts.length).toBeLessThan(limit + ROUNDS + 2);
      for (const { aor, ruid } of page.contacts) {
        expect(pageOf.get(aor) ?? pages).toBe(pages);
        pageOf.set(aor, pages);
        ruids.add(ruid);
      }
      cursor = page.nextCursor;
    }
    expect([pageOf.size, ruids.size]).toEqual([USERS, USERS * ROUNDS]);
  }
});

describe.concurrent("lookup() and contact()", () => {
  test("find an AoR with its highest q first, and a contact by its ruid", async ({ stage }) => {
    const host = await stage.host({ keepalive: { scope: "off" } });
    const phone = await stage.phone(host);
    await register(phone, "<sip:low@h>;q=0.1, <sip:none@h>, <sip:high@h>;q=0.9");
    const found = host.engine.lookup("alice@example.org");
    expect(found.map(({ address }) => address)).toEqual(["sip:high@h", "sip:low@h", "sip:none@h"]);
    expect(host.engine.contact(found[0]?.ruid ?? "")).toEqual(expect.objectContaining({ address: "sip:high@h" }));
    expect([host.engine.lookup("bob@example.org"), host.engine.contact("uloc-1-1-1")]).toEqual([[], null]);
  });

  test("find bob@any as bob when domains do not count", async ({ stage }) => {
    const host = await stage.host({ useDomain: false, keepalive: { scope: "off" } });
    const phone = await stage.phone(host);
    await register(phone, "<sip:b@h>", { to: "<sip:bob@example.org>" });
    for (const name of ["bob", "bob@example.org", "bob@any.test"]) expect(host.engine.lookup(name)).toHaveLength(1);
    expect(host.engine.lookup("@any.test")).toEqual([]);
  });
});

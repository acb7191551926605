import { describe, expect, test } from "vitest";
import { aContactView, FakeEngine, manyContactViews } from "../fakes/engine-port.ts";
import { aHistogram, aSeries } from "../fakes/series.ts";
import { ask, expectProblem, serveAdmin } from "./http-support.ts";

describe("GET /api/v1/contacts", () => {
  const list = async (url: string, query: string) => JSON.parse((await ask(`${url}/api/v1/contacts?${query}`)).text);
  const ruids = (answer: { contacts: { ruid: string }[] }) => answer.contacts.map(({ ruid }) => ruid);

  test.each([
    { count: 0, limit: 10 },
    { count: 10, limit: 10 },
    { count: 150, limit: 50 },
    { count: 151, limit: 150 },
    { count: 1_000, limit: 7 },
    { count: 1_000, limit: 333 },
  ])("following the cursor by $limit gives each of $count contacts once", async ({ count, limit }) => {
    const url = await serveAdmin({ engine: new FakeEngine(manyContactViews(count)) });
    const seen: string[] = [];
    for (let cursor = ""; cursor !== null; ) {
      const answer = await list(url, `limit=${limit}&cursor=${cursor}`);
      expect(answer.contacts.length).toBeLessThanOrEqual(limit);
      seen.push(...ruids(answer));
      cursor = answer.nextCursor;
    }
    expect(seen).toEqual(manyContactViews(count).map(({ ruid }) => ruid));
  });

  test("the answer that ends with the last contact has no next page", async () => {
    const url = await serveAdmin({ engine: new FakeEngine(manyContactViews(150)) });
    expect(await list(url, "limit=150")).toMatchObject({ nextCursor: null, isComplete: true, scanned: 150 });
    expect(await list(url, "limit=149")).toMatchObject({ isComplete: false, scanned: 149 });
  });

  test.each([
    { movedTo: null, because: "it is gone" },
    { movedTo: 250, because: "it registered again and stands on a later page now" },
  ])("the contact an answer ended with hides no other one: $because", async ({ movedTo }) => {
    const engine = new FakeEngine(manyContactViews(400));
    const url = await serveAdmin({ engine });
    const first = await list(url, "limit=5");
    const [moved] = engine.contacts.splice(4, 1);
    if (movedTo !== null) engine.contacts.splice(movedTo, 0, moved!);
    const rest = await list(url, `limit=1000&cursor=${first.nextCursor}`);
    expect(new Set([...ruids(first), ...ruids(rest)]).size).toBe(400);
  });

  test.each([
    { query: "state=reachable", finds: ["b"], because: "by state" },
    { query: "domain=EXAMPLE.net", finds: ["b"], because: "by domain, whatever the case" },
    { query: "q=BARE", finds: ["a", "c"], because: "by a part of the user agent" },
    { query: "q=zo%C3%AB", finds: ["c"], because: "by a name outside ASCII" },
    { query: "q=192.0.2.9", finds: ["b"], because: "by address" },
    { query: "state=reachable&domain=example.org", finds: [], because: "all filters must hold" },
    { query: "sort=-roundTripMs", finds: ["c", "b", "a"], because: "slowest first, unknown last" },
    { query: "sort=roundTripMs", finds: ["b", "c", "a"], because: "fastest first, unknown last" },
    { query: "sort=-roundTripMs&limit=1", finds: ["c"], because: "the limit comes after the order" },
  ])("$query finds $finds: $because", async ({ query, finds }) => {
    const engine = new FakeEngine([
      aContactView({ ruid: "a" }),
      aContactView({
        ruid: "b",
        aor: "bob@example.net",
        state: "reachable",
        address: "sip:bob@192.0.2.9",
        userAgent: null,
        roundTripMs: 5,
      }),
      aContactView({ ruid: "c", aor: "zo\xc3\xab@example.org", roundTripMs: 50 }),
    ]);
    expect(ruids(await list(await serveAdmin({ engine }), query))).toEqual(finds);
  });

  test.each([
    { query: "limit=0", names: "limit" },
    { query: "limit=1001", names: "limit" },
    { query: "limit=ten", names: "limit" },
    { query: "limit=1&limit=2", names: "limit" },
    { query: "state=dead", names: "state" },
    { query: "sort=ruid", names: "sort" },
    { query: "sort=__proto__", names: "sort" },
    { query: "cursor=%00%00", names: "cursor" },
    { query: "cursor=bnVsbA", names: "cursor" },
    { query: "cursor=WzAsbnVsbF0&sort=jitterMs", names: "cursor" },
    { query: `q=${"x".repeat(301)}`, names: "q" },
    { query: "stat=reachable", names: "stat" },
  ])("$query is refused with 400 that names $names", async ({ query, names }) => {
    const answer = await ask(`${await serveAdmin()}/api/v1/contacts?${query}`);
    expectProblem(answer, 400);
    expect(JSON.parse(answer.text).detail).toContain(`Query parameter "${names}"`);
  });

  test("a filter that finds nothing ends after a bounded number of pages and hands out a cursor", async () => {
    const engine = new FakeEngine(manyContactViews(25_000));
    const answer = await list(await serveAdmin({ engine }), "q=nobody");
    expect(answer).toMatchObject({ contacts: [], isComplete: false });
    expect(answer.scanned).toBeLessThan(10_200);
    expect(answer.nextCursor).not.toBeNull();
  });

  test("times are printed as far as they mean something, and null stays null", async () => {
    const contact = aContactView({ ruid: "r-1", lastSentWallMs: 1_800_000_000_513.4814, roundTripMs: 631.4338989 });
    const answer = await ask(`${await serveAdmin({ engine: new FakeEngine([contact]) })}/api/v1/contacts/r-1`);
    expect(JSON.parse(answer.text)).toMatchObject({
      lastSentWallMs: 1_800_000_000_513,
      lastAnsweredWallMs: null,
      roundTripMs: 631.434,
      jitterMs: null,
    });
  });

  test("one contact by ruid, with Unicode text; an unknown ruid is 404; broken escapes are 400", async () => {
    const url = await serveAdmin({ engine: new FakeEngine([aContactView({ ruid: "r-1", userAgent: "Zo\xc3\xab" })]) });
    const answer = await ask(`${url}/api/v1/contacts/r-1`);
    expect(JSON.parse(answer.text)).toMatchObject({
      ruid: "r-1",
      userAgent: "Zoë",
      roundTripMs: null,
      expiresInS: 3_000,
    });
    expectProblem(await ask(`${url}/api/v1/contacts/nosuch`), 404);
    expectProblem(await ask(`${url}/api/v1/contacts/%ff`), 400);
  });
});

describe("summary and histogram", () => {
  const metrics = {
    values: new Map([
      [
        "contacts",
        [
          aSeries(["a", "udp", "reachable"], 3),
          aSeries(["b", "udp", "reachable"], 4),
          aSeries(["a", "tcp", "unreachable"], 2),
        ],
      ],
      ["requests", [aSeries(["a"], 100)]],
      ["failures", [aSeries(["a", "timeout"], 5)]],
    ]),
    histograms: new Map([
      [
        "rtt",
        [
          aHistogram(["a"], { counts: [1, 2, 3, 4], sum: 0.5 }),
          aHistogram(["b"], { counts: [10, 0, 0, 0], sum: 0.25 }),
        ],
      ],
    ]),
  };

  test("contacts are counted by state and transport over all domains, without asking for a page", async () => {
    const engine = new FakeEngine();
    engine.metrics = metrics;
    const { text } = await ask(`${await serveAdmin({ engine })}/api/v1/summary`);
    expect(JSON.parse(text)).toEqual({
      version: "1.2.3",
      contacts: 9,
      states: { reachable: 7, unreachable: 2, unknown: 0, degraded: 0 },
      transports: { udp: 7, tcp: 2 },
      probes: { requests: 100, answers: 20, failures: 5, failuresByReason: { timeout: 5 }, inFlight: 0 },
    });
    expect(engine.pagesAsked).toBe(0);
  });

  test("the histogram adds up the series, bucket by bucket", async () => {
    const engine = new FakeEngine();
    engine.metrics = metrics;
    const { text } = await ask(`${await serveAdmin({ engine })}/api/v1/rtt-histogram`);
    expect(JSON.parse(text)).toEqual({ boundsS: [0.01, 0.1, 1], counts: [11, 2, 3, 4], count: 20, sumS: 0.75 });
  });

  test("before the first sample every bucket is there and empty", async () => {
    const { text } = await ask(`${await serveAdmin()}/api/v1/rtt-histogram`);
    expect(JSON.parse(text)).toEqual({ boundsS: [0.01, 0.1, 1], counts: [0, 0, 0, 0], count: 0, sumS: 0 });
  });
});

import { expect, test } from "vitest";
import type { MetricSnapshot } from "../../../src/instruments/snapshot.ts";
import type { Exposition, ScrapeRequest } from "../../../src/telemetry/exposition/render.ts";
import { sharedScrapes } from "../../../src/telemetry/scrapes.ts";

const ANYTHING: ScrapeRequest = { accept: undefined, acceptEncoding: undefined, names: null };
const OPEN = { ...ANYTHING, accept: "application/openmetrics-text" };

/** An engine that answers when told to, and renders that are counted. */
function open() {
  const asked: PromiseWithResolvers<MetricSnapshot>[] = [];
  const rendered: { snapshot: MetricSnapshot; accept: string | undefined }[] = [];
  let underWay: Promise<MetricSnapshot> | null = null;
  const scrape = sharedScrapes({
    // As the engine's client does: calls that overlap share one snapshot.
    snapshot: () => {
      if (underWay !== null) return underWay;
      const question = Promise.withResolvers<MetricSnapshot>();
      asked.push(question);
      underWay = question.promise.finally(() => {
        underWay = null;
      });
      return underWay;
    },
    telemetry: {
      render: async (snapshot, { accept }): Promise<Exposition> => {
        rendered.push({ snapshot, accept });
        return { contentType: "text/plain", contentEncoding: null, body: Buffer.from(String(rendered.length)) };
      },
    },
  });
  return { asked, rendered, scrape };
}

const aSnapshot = (): MetricSnapshot => ({ values: new Map(), histograms: new Map() });

test("50 scrapes at once are one snapshot, and one body for each encoding", async () => {
  const { asked, rendered, scrape } = open();
  const bodies = Promise.all(Array.from({ length: 50 }, (_, i) => scrape(i % 2 === 0 ? ANYTHING : OPEN)));
  expect(asked).toHaveLength(1);
  asked[0]?.resolve(aSnapshot());
  expect(new Set((await bodies).map(({ body }) => body)).size).toBe(2);
  expect(rendered).toHaveLength(2);
});

test("a scrape that begins after a snapshot was taken gets a later one, also when the first is still rendering", async () => {
  const { asked, rendered, scrape } = open();
  const first = scrape(ANYTHING);
  asked[0]?.resolve(aSnapshot());
  await first;
  const second = scrape(ANYTHING);
  expect(asked).toHaveLength(2);
  asked[1]?.resolve(aSnapshot());
  expect((await second).body).not.toBe((await first).body);
  expect(rendered[0]?.snapshot).not.toBe(rendered[1]?.snapshot);
});

test("an engine that is gone fails everyone who waits, and nobody after", async () => {
  const { asked, scrape } = open();
  const failed = [scrape(ANYTHING), scrape(OPEN)].map((answer) => answer.catch(String));
  asked[0]?.reject(new Error("engine gone"));
  expect(await Promise.all(failed)).toEqual(["Error: engine gone", "Error: engine gone"]);
  const next = scrape(ANYTHING);
  asked[1]?.resolve(aSnapshot());
  await expect(next).resolves.toMatchObject({ contentType: "text/plain" });
});

/**
 * The admin page in a real browser, with simulated phones behind it: what a newcomer sees.
 *
 * @module
 */
import { expect, test } from "vitest";
import { describeReal } from "../support/real.ts";
import { loadPage } from "./support/chromium.ts";
import { IN_MEMORY, startDaemon } from "./support/sipulse.ts";
import { until } from "./support/until.ts";

/** Leaves of an element's children, as texts: enough of HTML for a page of our own. */
function textsIn(html: string, element: RegExp): readonly string[] {
  const inner = element.exec(html)?.[1];
  if (inner === undefined) throw new Error(`nothing in the page is ${element}`);
  return [...inner.matchAll(/>([^<>]*)</g)].map(([, text]) => text ?? "").filter((text) => text.trim() !== "");
}

const HISTOGRAM = /<section id="histogram"[^>]*(>.*?<)\/section>/s;
const BOUNDS = /<div id="bounds"[^>]*(>.*?<)\/div>/s;
const CONTACT_TILES = /id="contact-tiles"(>.*?<)\/section>/s;
const PROBE_TILES = /id="probe-tiles"(>.*?<)\/section>/s;

describeReal("chromium", "the page in Chromium", ({ chromium }) => {
  test("shows a histogram, contacts by state, what became of the probes, and the slowest contacts first", async () => {
    await using daemon = await startDaemon([...IN_MEMORY, "--simulate", "40", "--keepalive.interval", "2s"]);
    await until(
      "30 answered probes",
      async () => (await daemon.metrics()).sum("sip_keepalive_rtt_seconds_count") >= 30,
    );
    const { html, console } = await loadPage(chromium, `${daemon.admin}/`);
    expect(console).toEqual([]);
    expect(html).toMatch(/<span id="trouble" role="status"><\/span>/);

    const [registered = "", ...others] = textsIn(html, CONTACT_TILES);
    expect(Number(registered)).toBeGreaterThanOrEqual(39); // A mobile phone may just have said goodbye.
    expect(others).toEqual(expect.arrayContaining(["registered", "reachable", "unreachable", "unknown"]));
    const probes = textsIn(html, PROBE_TILES);
    expect(Number(probes[0])).toBeGreaterThanOrEqual(30);
    expect(probes).toEqual(expect.arrayContaining(["sent", "answered", "failed", "in flight"]));

    const counts = textsIn(html, HISTOGRAM).map(Number);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(30);
    expect(html.match(/<i style="height: [1-9][\d.]*%;"><\/i>/g)?.length).toBe(counts.length);
    expect(textsIn(html, BOUNDS)).toContain("≤ 50 ms");

    const rows = [...html.matchAll(/<tr><td[^>]*>(sim\d{7}@example\.org)<\/td><td class="(\w+)">\2<\/td>(.*?)<\/tr>/g)];
    expect(rows.length).toBeGreaterThanOrEqual(39);
    const roundTripsMs = rows
      .map(([, , , cells]) => /^<td class="number strong">([\d.]+) ms</.exec(cells ?? "")?.[1])
      .filter((text) => text !== undefined)
      .map(Number);
    expect(roundTripsMs.length).toBeGreaterThanOrEqual(25);
    expect(roundTripsMs).toEqual([...roundTripsMs].sort((a, b) => b - a));
  }, 30_000);
});

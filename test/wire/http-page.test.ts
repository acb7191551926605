import { createHash } from "node:crypto";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { aContactView, FakeEngine } from "../fakes/engine-port.ts";
import { aHistogram, aSeries } from "../fakes/series.ts";
import { ask, serveAdmin } from "./http-support.ts";

describe("the page", () => {
  const between = (html: string, tag: string) => html.split(`<${tag}>`)[1]!.split(`</${tag}>`)[0]!;

  test("its policy allows exactly its own script and style, and nothing is loaded from elsewhere", async () => {
    const { text, headers } = await ask(await serveAdmin());
    const policy = headers["content-security-policy"] ?? "";
    for (const tag of ["script", "style"]) {
      const hash = createHash("sha256").update(between(text, tag)).digest("base64");
      expect(policy).toContain(`${tag}-src 'sha256-${hash}'`);
    }
    expect(policy).toContain("default-src 'none'");
    expect(text).not.toMatch(/https?:\/\/|src=|@import|url\(/);
    expect(text).not.toMatch(/ on[a-z]+=| style=/);
  });

  test("hostile text reaches the document as text only, its invisible characters replaced", async () => {
    // A right-to-left override as UTF-8 octets, and a NUL.
    const hostile = '<img src=x onerror="alert(1)">\xe2\x80\xae\0';
    const engine = new FakeEngine([
      aContactView({ userAgent: hostile, address: hostile, roundTripMs: 20.5, lossRatio: 0.25 }),
    ]);
    const url = await serveAdmin({ engine, version: "<b>1</b>" });
    const { text } = await ask(url);
    expect(text).toContain("&lt;b&gt;1&lt;/b&gt;");
    const page = await runPage(between(text, "script"), url);
    const cells = page.byId("contacts").texts();
    expect(cells).toContain('<img src=x onerror="alert(1)">\ufffd\ufffd');
    expect(cells).toContain("20.5 ms");
    expect(cells).toContain("25 %");
    expect(page.byId("trouble").texts()).toEqual([""]);
    expect(between(text, "script")).not.toMatch(/innerHTML|outerHTML|insertAdjacent|document\.write|eval|Function\(/);
  });

  test("shows contacts by state, what became of the probes and every bucket, each with its numbers", async () => {
    const engine = new FakeEngine();
    engine.metrics = {
      values: new Map([
        ["contacts", [state("reachable", 1_497), state("unreachable", 3), state("degraded", 0)]],
        ["requests", [aSeries(["a"], 2_000)]],
        ["failures", [failed("timeout", 4), failed("send_error", 1), failed("cancelled", 0)]],
        ["inFlight", [aSeries(["udp"], 2)]],
      ]),
      histograms: new Map([["rtt", [aHistogram(["a"], { counts: [0, 1_000, 993, 0], sum: 90 })]]]),
    };
    const url = await serveAdmin({ engine });
    const page = await runPage(between((await ask(url)).text, "script"), url);
    expect(tiles(page.byId("contact-tiles"))).toEqual([
      "1,500 registered udp 1,500",
      "1,497 reachable 99.8 %",
      "3 unreachable 0.2 %",
      "0 unknown 0 %",
    ]);
    expect(tiles(page.byId("probe-tiles"))).toEqual([
      "2,000 sent ",
      "1,993 answered 99.7 %",
      "5 failed timeout 4 · send error 1",
      "2 in flight ",
    ]);
    expect(page.byId("bounds").texts()).toEqual(["≤ 10 ms", "≤ 100 ms", "≤ 1 s", "> 1 s"]);
    const [counts, heights] = columns(page.byId("histogram"));
    expect(counts).toEqual(["", "1,000", "993", ""]);
    expect(heights).toEqual(["0%", "85%", "84.405%", "0%"]);
    expect(page.byId("quantiles").textContent).toBe(
      "1,993 answers · half within 99.7 ms · 95 % within 910 ms · 99 % within 982 ms",
    );
  });

  test("a state that is rare has a tile as soon as a contact is in it", async () => {
    const engine = new FakeEngine();
    engine.metrics = { values: new Map([["contacts", [state("degraded", 1)]]]), histograms: new Map() };
    const url = await serveAdmin({ engine });
    const page = await runPage(between((await ask(url)).text, "script"), url);
    expect(tiles(page.byId("contact-tiles"))).toContain("1 degraded 100 %");
  });

  test("before the first answer and without contacts it says so", async () => {
    const url = await serveAdmin({ engine: new FakeEngine() });
    const page = await runPage(between((await ask(url)).text, "script"), url);
    expect(page.byId("quantiles").textContent).toMatch(/^no answer yet/);
    expect(page.byId("scanned").textContent).toBe("none is registered");
    expect(columns(page.byId("histogram"))[1]).toEqual(["0%", "0%", "0%", "0%"]);
  });

  test("trouble is shown, and polling goes on", async () => {
    const engine = new FakeEngine();
    await engine.stop();
    const url = await serveAdmin({ engine });
    const page = await runPage(between((await ask(url)).text, "script"), url);
    expect(page.byId("trouble").texts()).toEqual(["Not up to date: The SIP engine is not running"]);
    expect(page.waiting).toBe(1);
  });
});

const state = (name: string, value: number) => aSeries(["a", "udp", name], value);
const failed = (reason: string, value: number) => aSeries(["a", reason], value);

/** Each tile as one line. */
const tiles = (element: FakeElement): string[] => element.children.map((tile) => tile.texts().join(" "));

/** Numbers and heights of the bars. */
const columns = (element: FakeElement): [(string | undefined)[], (string | undefined)[]] => [
  element.children.map(({ children }) => children[0]?.textContent),
  element.children.map(({ children }) => children[1]?.style["height"]),
];

/** An element that can only hold text and elements: markup in a string stays a string. */
class FakeElement {
  readonly style: Record<string, string> = {};
  readonly children: FakeElement[] = [];
  className = "";
  textContent = "";
  value = "";

  append(...elements: FakeElement[]): void {
    this.children.push(...elements);
  }

  replaceChildren(...elements: FakeElement[]): void {
    this.children.splice(0, Infinity, ...elements);
  }

  addEventListener(): void {}

  /** Texts of the leaves. */
  texts(): string[] {
    return this.children.length === 0 ? [this.textContent] : this.children.flatMap((child) => child.texts());
  }
}

/** Runs the page's script against a real server until its first round is over. */
async function runPage(script: string, url: string): Promise<{ byId(id: string): FakeElement; waiting: number }> {
  const elements = new Map<string, FakeElement>();
  const byId = (id: string): FakeElement => {
    const known = elements.get(id) ?? new FakeElement();
    elements.set(id, known);
    return known;
  };
  const round = Promise.withResolvers<void>();
  const page = { byId, waiting: 0 };
  runInNewContext(script, {
    document: { getElementById: byId, createElement: () => new FakeElement(), hidden: false },
    fetch: (path: string, init: RequestInit) => fetch(url + path, init),
    setTimeout: () => {
      page.waiting += 1;
      round.resolve();
    },
    URLSearchParams,
  });
  await round.promise;
  return page;
}

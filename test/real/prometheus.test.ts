/**
 * A real Prometheus reads a real daemon: the quantile people come for, the invariant of the counters at every scrape,
 * and every panel of the dashboard.
 *
 * @module
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { dashboardQueries } from "../../grafana/overview.ts";
import { describeReal } from "../support/real.ts";
import { JOB, type RunningPrometheus, startPrometheus } from "./support/prometheus.ts";
import { IN_MEMORY, type RunningDaemon, startDaemon } from "./support/sipulse.ts";
import { until } from "./support/until.ts";

const TIMEOUT_MS = 120_000;
const PHONES = 100;
/** Scrapes, one a second, before anything is asked: what failed once in ten seconds shows, and each code came once. */
const SCRAPES = 30;
/** How long that may take on a busy machine. */
const SCRAPED_WITHIN_MS = 80_000;

const QUANTILE = "histogram_quantile(0.95, sum by (le) (rate(sip_keepalive_rtt_seconds_bucket[1m])))";
/** Seconds. One simulated phone in six has 80 to 250 ms and a tail: there, and not among the others, is the slowest 5 %. */
const QUANTILE_S = { min: 0.08, max: 0.8 } as const;

/** CONTRACT of the counters, 0 at every instant: each term is counted on its own. */
const INVARIANTS = [
  {
    what: "requests = responses + failures + in flight",
    expr:
      "sum(sip_keepalive_requests_total) - sum(sip_keepalive_responses_total) " +
      "- sum(sip_keepalive_failures_total) - sum(sip_keepalive_in_flight)",
  },
  {
    what: "round trips in the histogram = responses",
    expr: "sum(sip_keepalive_rtt_seconds_count) - sum(sip_keepalive_responses_total)",
  },
] as const;

describeReal("prometheus", "Prometheus beside 100 simulated phones", (paths) => {
  let daemon: RunningDaemon;
  let prometheus: RunningPrometheus;

  /** The only value of an expression that gives one. */
  async function onlyValueOf(expr: string): Promise<number> {
    const samples = await prometheus.query(expr);
    expect(samples, expr).toHaveLength(1);
    return samples[0]?.value ?? Number.NaN;
  }

  beforeAll(async () => {
    daemon = await startDaemon([...IN_MEMORY, "--simulate", String(PHONES), "--keepalive.interval", "1s"]);
    prometheus = await startPrometheus(paths.prometheus, daemon.web);
    const scrapes = `sum_over_time(up{job="${JOB}"}[5m])`;
    const patience = { withinMs: SCRAPED_WITHIN_MS, everyMs: 250 };
    await until(`${SCRAPES} scrapes`, async () => (await onlyValueOf(scrapes)) >= SCRAPES, patience);
  }, TIMEOUT_MS);

  afterAll(async () => {
    await prometheus?.[Symbol.asyncDispose]();
    await daemon?.[Symbol.asyncDispose]();
  });

  test("the target is up", async () => {
    expect(await prometheus.query("up")).toEqual([
      { metric: { __name__: "up", job: JOB, instance: new URL(daemon.web).host }, value: 1 },
    ]);
  });

  test("the 95th percentile of the round trip is that of the phones", async () => {
    const quantileS = await onlyValueOf(QUANTILE);
    expect(quantileS).toBeGreaterThan(QUANTILE_S.min);
    expect(quantileS).toBeLessThan(QUANTILE_S.max);
  });

  test("about every phone is bound, and probed once a second", async () => {
    // A few are away at any time: this population has mobile phones that come and go.
    const bindings = await onlyValueOf("sum(sip_registrar_bindings)");
    expect(bindings).toBeGreaterThan(PHONES * 0.9);
    expect(bindings).toBeLessThanOrEqual(PHONES);
    const perSecond = await onlyValueOf("sum(rate(sip_keepalive_requests_total[10s]))");
    expect(perSecond).toBeGreaterThan(PHONES * 0.7);
    expect(perSecond).toBeLessThan(PHONES * 1.3);
  });

  test.each(INVARIANTS)("at every scrape $what", async ({ expr }) => {
    expect(await onlyValueOf(`max_over_time((${expr})[1m:1s])`)).toBe(0);
    expect(await onlyValueOf(`min_over_time((${expr})[1m:1s])`)).toBe(0);
  });

  test("the dashboard has expressions", () => {
    expect(dashboardQueries().length).toBeGreaterThan(10);
  });

  // None may be empty, in health either: a series that counts failures exists at 0 before the first one.
  test.each(dashboardQueries())("the panel $panel shows something: $expr", async ({ expr }) => {
    const samples = await prometheus.query(expr);
    expect(samples.filter(({ value }) => Number.isFinite(value))).not.toEqual([]);
  });
});

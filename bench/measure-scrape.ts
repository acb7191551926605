/**
 * What a scrape costs the main thread at the budget of series, in each encoding; compressing is told apart.
 *
 * In this process: from the snapshot that the engine announced to the octets of the answer. Encodings take turns.
 *
 * @module
 */
import { constants, gzipSync } from "node:zlib";
import type { Clock } from "../src/base/clock.ts";
import { msToUs } from "../src/base/units.ts";
import { median } from "./figures.ts";
import type { Alone, Outcome } from "./measurement.ts";
import { type FullRegistry, openFullRegistry } from "./series-budget.ts";

/** Series at which a scrape is judged. */
export const SERIES_BUDGET = 5_000;
/** Renders of each encoding of which the median is taken, after those that only compile. */
const RENDERS = 100;
const WARM_UP_RENDERS = 20;

/** By the name of the figure: how it is asked for. */
export const ENCODINGS = {
  text: "text/plain;version=0.0.4",
  openMetrics: "application/openmetrics-text;version=1.0.0",
  protobuf: "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
} as const;
type Encoding = keyof typeof ENCODINGS;

/** Renders over and over. */
export async function ownScrape({ clock }: Alone): Promise<Outcome> {
  const registry = await openFullRegistry(clock, SERIES_BUDGET);
  const figures: Record<string, number | null> = { series: registry.series };
  const runs = Object.fromEntries(Object.keys(ENCODINGS).map((name) => [name, [] as Render[]]));
  const publishMs: number[] = [];
  for (let turn = -WARM_UP_RENDERS; turn < RENDERS; turn++) {
    for (const [name, accept] of Object.entries(ENCODINGS)) {
      const render = await renderOnce(clock, registry, accept);
      if (turn < 0) continue;
      runs[name]?.push(render);
      publishMs.push(render.publishMs);
    }
  }
  for (const name of Object.keys(ENCODINGS) as Encoding[]) Object.assign(figures, figuresOf(name, runs[name] ?? []));
  const pauseMs = median(publishMs);
  figures["publishUs"] = pauseMs === null ? null : msToUs(pauseMs);
  return { figures, warnings: [] };
}

/** What one render took. */
export interface Render {
  readonly publishMs: number;
  readonly renderMs: number;
  readonly gzipMs: number;
  readonly octets: number;
}

async function renderOnce(clock: Clock, { telemetry, publish, read }: FullRegistry, accept: string): Promise<Render> {
  const beganMs = clock.monotonicMs();
  const published = publish();
  const publishedMs = clock.monotonicMs();
  const { body } = await telemetry.render(read(published), { accept, acceptEncoding: undefined, names: null });
  const renderedMs = clock.monotonicMs();
  // As the answer is compressed, though not in a thread of its own: it is the time that counts here.
  gzipSync(body, { level: constants.Z_BEST_SPEED });
  const gzippedMs = clock.monotonicMs();
  return {
    publishMs: publishedMs - beganMs,
    renderMs: renderedMs - publishedMs,
    gzipMs: gzippedMs - renderedMs,
    octets: body.length,
  };
}

/** `textMs`, `textGzipMs`, `textOctets` and so on: medians. */
export function figuresOf(name: Encoding, renders: readonly Render[]): Readonly<Record<string, number | null>> {
  return {
    [`${name}Ms`]: median(renders.map(({ renderMs }) => renderMs)),
    [`${name}GzipMs`]: median(renders.map(({ gzipMs }) => gzipMs)),
    [`${name}Octets`]: median(renders.map(({ octets }) => octets)),
  };
}

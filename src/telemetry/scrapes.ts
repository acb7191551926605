/**
 * Scrapes that overlap share their work: one snapshot, and one body for all who asked for the same.
 *
 * Fifty scrapers at once cost little more than one, and wait for nobody who reads slowly.
 *
 * @module
 */
import type { MetricSnapshot } from "../instruments/snapshot.ts";
import { answerKey, type Exposition, type ScrapeRequest } from "./exposition/render.ts";
import type { Telemetry } from "./registry.ts";

/** What a scrape is made of. */
export interface ScrapeParts {
  /** Calls that overlap may be answered with one snapshot; calls that do not never are. */
  readonly snapshot: () => Promise<MetricSnapshot>;
  readonly telemetry: Pick<Telemetry, "render">;
}

/** A function that answers scrapes; it rejects when there is no snapshot to be had. */
export function sharedScrapes({ snapshot, telemetry }: ScrapeParts): (request: ScrapeRequest) => Promise<Exposition> {
  /** Lives as long as somebody holds the snapshot: until the last of its scrapes is rendered. */
  const rendered = new WeakMap<MetricSnapshot, Map<string, Promise<Exposition>>>();
  return async (request) => {
    const instant = await snapshot();
    const answers = rendered.get(instant) ?? new Map<string, Promise<Exposition>>();
    rendered.set(instant, answers);
    const key = answerKey(request);
    const answer = answers.get(key) ?? telemetry.render(instant, request);
    answers.set(key, answer);
    return answer;
  };
}

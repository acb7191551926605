/**
 * Families to the body of an HTTP answer: encoded as negotiated, compressed where allowed.
 *
 * @module
 */
import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import type { ExpositionFamily } from "./model.ts";
import { acceptsGzip, type Encoding, negotiate } from "./negotiate.ts";
import { encodeOpenMetrics } from "./openmetrics.ts";
import { encodeProtobuf } from "./protobuf.ts";
import { encodeText } from "./text.ts";

/** What a scraper asks for. */
export interface ScrapeRequest {
  /** The header; `undefined` without one. */
  readonly accept: string | undefined;
  /** The header; `undefined` without one. */
  readonly acceptEncoding: string | undefined;
  /** Metric names as in the text format, histograms without `_bucket`; `null` for all of them. */
  readonly names: ReadonlySet<string> | null;
}

/** One answer. */
export interface Exposition {
  readonly contentType: string;
  /** `null` when it is not compressed. */
  readonly contentEncoding: "gzip" | null;
  readonly body: Buffer;
}

const compress = promisify(gzip);

/** As negotiated. Compressing happens off this thread. */
export async function renderExposition(
  families: readonly ExpositionFamily[],
  { accept, acceptEncoding }: Pick<ScrapeRequest, "accept" | "acceptEncoding">,
): Promise<Exposition> {
  const { encoding, contentType } = negotiate(accept);
  const body = encode(families, encoding);
  if (!acceptsGzip(acceptEncoding)) return { contentType, contentEncoding: null, body };
  // Half the time of the default level for a quarter more octets: the cores belong to the round trips.
  return { contentType, contentEncoding: "gzip", body: await compress(body, { level: constants.Z_BEST_SPEED }) };
}

/** Requests with the same key get the same answer at the same instant. */
export function answerKey({ accept, acceptEncoding, names }: ScrapeRequest): string {
  const { contentType } = negotiate(accept);
  return JSON.stringify([contentType, acceptsGzip(acceptEncoding), names === null ? null : [...names].sort()]);
}

/** Families as octets. Pure: the same families give the same octets, whatever was encoded before. */
export function encode(families: readonly ExpositionFamily[], encoding: Encoding): Buffer {
  switch (encoding) {
    case "text":
      return Buffer.from(encodeText(families));
    case "openmetrics":
      return Buffer.from(encodeOpenMetrics(families));
    case "protobuf":
      return Buffer.from(encodeProtobuf(families));
    default:
      return encoding satisfies never;
  }
}

/**
 * Reads Prometheus' protobuf format with protobufjs, on the descriptor of the program.
 *
 * That the descriptor itself is right shows where a real Prometheus reads the same octets.
 *
 * @module
 */
import protobuf from "protobufjs";
import { PROMETHEUS_PROTO } from "../../src/telemetry/exposition/prometheus-proto.ts";

export interface ProtoLabel {
  readonly name: string;
  readonly value: string;
}

export interface ProtoTimestamp {
  readonly seconds: number;
  readonly nanos: number;
}

export interface ProtoExemplar {
  readonly label: readonly ProtoLabel[];
  readonly value: number;
  readonly timestamp: ProtoTimestamp;
}

export interface ProtoHistogram {
  readonly sampleCount: number;
  readonly sampleSum: number;
  readonly bucket: readonly {
    readonly cumulativeCount: number;
    readonly upperBound: number;
    readonly exemplar: ProtoExemplar | null;
  }[];
  readonly schema: number;
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly positiveSpan: readonly { readonly offset: number; readonly length: number }[];
  readonly positiveDelta: readonly number[];
  readonly createdTimestamp: ProtoTimestamp | null;
}

/** One metric family as decoded; what was not sent is `null`, 0 or empty. */
export interface ProtoFamily {
  readonly name: string;
  readonly help: string;
  readonly type: "COUNTER" | "GAUGE" | "HISTOGRAM";
  readonly unit: string;
  readonly metric: readonly {
    readonly label: readonly ProtoLabel[];
    readonly gauge: { readonly value: number } | null;
    readonly counter: {
      readonly value: number;
      readonly exemplar: ProtoExemplar | null;
      readonly createdTimestamp: ProtoTimestamp | null;
    } | null;
    readonly histogram: ProtoHistogram | null;
  }[];
}

const family = protobuf.Root.fromJSON(PROMETHEUS_PROTO as protobuf.INamespace).lookupType(
  "io.prometheus.client.MetricFamily",
);

/** @throws {RangeError | Error} when the octets are not a sequence of families */
export function decodeProtobuf(body: Uint8Array): readonly ProtoFamily[] {
  const reader = protobuf.Reader.create(body);
  const families: ProtoFamily[] = [];
  while (reader.pos < reader.len) {
    const message = family.decodeDelimited(reader);
    families.push(family.toObject(message, { longs: Number, enums: String, defaults: true }) as ProtoFamily);
  }
  return families;
}

/** Counts of the buckets by index, from spans and deltas: as a scraper undoes them. */
export function bucketCounts({ positiveSpan, positiveDelta }: ProtoHistogram): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  let index = 0;
  let count = 0;
  let taken = 0;
  for (const { offset, length } of positiveSpan) {
    index += offset;
    for (let i = 0; i < length; i++) {
      count += positiveDelta[taken++] ?? Number.NaN;
      counts.set(index++, count);
    }
  }
  if (taken !== positiveDelta.length) throw new RangeError(`${positiveDelta.length} deltas, ${taken} buckets`);
  return counts;
}

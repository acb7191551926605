/**
 * The messages of `io.prometheus.client`, as far as this program writes them, in the JSON form that protobufjs reads.
 *
 * The encoder takes its field numbers from here, the tests decode with it. Left out: summaries, float histograms,
 * negative buckets, sample timestamps.
 *
 * @module
 */

/** A field: `id` is its number on the wire. */
export interface ProtoField {
  readonly type: string;
  readonly id: number;
  readonly rule?: "repeated";
}

const messages = {
  LabelPair: { name: { type: "string", id: 1 }, value: { type: "string", id: 2 } },
  Gauge: { value: { type: "double", id: 1 } },
  Counter: {
    value: { type: "double", id: 1 },
    exemplar: { type: "Exemplar", id: 2 },
    createdTimestamp: { type: "Timestamp", id: 3 },
  },
  Histogram: {
    sampleCount: { type: "uint64", id: 1 },
    sampleSum: { type: "double", id: 2 },
    bucket: { type: "Bucket", id: 3, rule: "repeated" },
    schema: { type: "sint32", id: 5 },
    zeroThreshold: { type: "double", id: 6 },
    zeroCount: { type: "uint64", id: 7 },
    positiveSpan: { type: "BucketSpan", id: 12, rule: "repeated" },
    positiveDelta: { type: "sint64", id: 13, rule: "repeated" },
    createdTimestamp: { type: "Timestamp", id: 15 },
  },
  Bucket: {
    cumulativeCount: { type: "uint64", id: 1 },
    upperBound: { type: "double", id: 2 },
    exemplar: { type: "Exemplar", id: 3 },
  },
  BucketSpan: { offset: { type: "sint32", id: 1 }, length: { type: "uint32", id: 2 } },
  Exemplar: {
    label: { type: "LabelPair", id: 1, rule: "repeated" },
    value: { type: "double", id: 2 },
    timestamp: { type: "Timestamp", id: 3 },
  },
  /** Same fields and numbers as `google.protobuf.Timestamp`. */
  Timestamp: { seconds: { type: "int64", id: 1 }, nanos: { type: "int32", id: 2 } },
  Metric: {
    label: { type: "LabelPair", id: 1, rule: "repeated" },
    gauge: { type: "Gauge", id: 2 },
    counter: { type: "Counter", id: 3 },
    histogram: { type: "Histogram", id: 7 },
  },
  MetricFamily: {
    name: { type: "string", id: 1 },
    help: { type: "string", id: 2 },
    type: { type: "MetricType", id: 3 },
    metric: { type: "Metric", id: 4, rule: "repeated" },
    unit: { type: "string", id: 5 },
  },
} as const satisfies Record<string, Record<string, ProtoField>>;

/** Values of the enumeration. */
export const METRIC_TYPES = { counter: 0, gauge: 1, histogram: 4 } as const;

type Messages = typeof messages;

/** Wire types (protobuf encoding, "Message Structure"). */
const VARINT = 0;
const FIXED64 = 1;
const DELIMITED = 2;
const VARINT_TYPES: readonly string[] = ["uint32", "uint64", "int32", "int64", "sint32", "sint64", "MetricType"];

function tagOf({ type, id, rule }: ProtoField): number {
  // Numbers in a row are packed, a list of messages has one tag per message.
  const isPacked = rule === "repeated" && VARINT_TYPES.includes(type);
  const wireType = isPacked
    ? DELIMITED
    : VARINT_TYPES.includes(type)
      ? VARINT
      : type === "double"
        ? FIXED64
        : DELIMITED;
  return id * 8 + wireType;
}

/** What precedes each field on the wire, by message and field. */
export const TAGS = Object.fromEntries(
  Object.entries(messages).map(([message, fields]) => [
    message,
    Object.fromEntries(Object.entries(fields).map(([name, field]: [string, ProtoField]) => [name, tagOf(field)])),
  ]),
) as { readonly [M in keyof Messages]: { readonly [F in keyof Messages[M]]: number } };

/** For `protobuf.Root.fromJSON`: the package with all its messages. */
export const PROMETHEUS_PROTO = {
  nested: {
    io: {
      nested: {
        prometheus: {
          nested: {
            client: {
              nested: {
                MetricType: { values: { COUNTER: 0, GAUGE: 1, HISTOGRAM: 4 } },
                ...Object.fromEntries(Object.entries(messages).map(([name, fields]) => [name, { fields }])),
              },
            },
          },
        },
      },
    },
  },
};

/**
 * Prometheus' protobuf format: one length-delimited `MetricFamily` after the other.
 *
 * The only scrape format with native histograms; each histogram goes out in both forms, and the reader takes what it
 * knows. Written field by field, because generated encoders are compiled from text at run time and are no faster.
 *
 * @module
 */
import { Writer } from "protobufjs/minimal.js";
import { msToNs, msToWholeS, sToMs } from "../../base/units.ts";
import { followable } from "./exemplar.ts";
import type { Exemplar, ExpositionFamily, HistogramPoint, Labels, NativeBuckets, NumberPoint } from "./model.ts";
import { carriedUnit } from "./names.ts";
import { METRIC_TYPES, TAGS } from "./prometheus-proto.ts";
import { toSpans } from "./spans.ts";

/** All families; no octets when there are none. */
export function encodeProtobuf(families: readonly ExpositionFamily[]): Uint8Array {
  const writer = Writer.create();
  for (const family of families) writeFamily(writer, family);
  return writer.finish();
}

function writeFamily(writer: Writer, family: ExpositionFamily): void {
  const tags = TAGS.MetricFamily;
  writer.fork();
  writer.uint32(tags.name).string(family.name);
  writer.uint32(tags.help).string(family.help.toWellFormed());
  writer.uint32(tags.type).uint32(METRIC_TYPES[family.type]);
  if (family.type === "histogram") {
    for (const point of family.points) writeMetric(writer, point.labels, () => writeHistogram(writer, point));
  } else {
    const write = family.type === "counter" ? writeCounter : writeGauge;
    for (const point of family.points) writeMetric(writer, point.labels, () => write(writer, point));
  }
  const unit = carriedUnit(family);
  if (unit !== "") writer.uint32(tags.unit).string(unit);
  writer.ldelim();
}

function writeMetric(writer: Writer, labels: Labels, writeValue: () => void): void {
  writer.uint32(TAGS.MetricFamily.metric).fork();
  writeLabels(writer, TAGS.Metric.label, labels);
  writeValue();
  writer.ldelim();
}

function writeLabels(writer: Writer, tag: number, labels: Labels): void {
  for (const [name, value] of labels) {
    writer.uint32(tag).fork();
    writer.uint32(TAGS.LabelPair.name).string(name);
    // protobufjs would write half a surrogate pair as octets that are not UTF-8.
    writer.uint32(TAGS.LabelPair.value).string(value.toWellFormed());
    writer.ldelim();
  }
}

function writeGauge(writer: Writer, { value }: NumberPoint): void {
  writer.uint32(TAGS.Metric.gauge).fork();
  writer.uint32(TAGS.Gauge.value).double(value);
  writer.ldelim();
}

function writeCounter(writer: Writer, { value, exemplar, createdS }: NumberPoint): void {
  writer.uint32(TAGS.Metric.counter).fork();
  writer.uint32(TAGS.Counter.value).double(value);
  writeExemplar(writer, TAGS.Counter.exemplar, exemplar);
  writeTimestamp(writer, TAGS.Counter.createdTimestamp, createdS);
  writer.ldelim();
}

function writeHistogram(writer: Writer, point: HistogramPoint): void {
  const { bounds, counts, sum, native, createdS, exemplars } = point;
  const tags = TAGS.Histogram;
  writer.uint32(TAGS.Metric.histogram).fork();
  let count = 0;
  for (let i = 0; i < counts.length; i++) {
    count += counts[i] as number;
    writer.uint32(tags.bucket).fork();
    writeCount(writer, TAGS.Bucket.cumulativeCount, count);
    writer.uint32(TAGS.Bucket.upperBound).double(bounds[i] ?? Number.POSITIVE_INFINITY);
    // Readers of the native form take exemplars from here too.
    writeExemplar(writer, TAGS.Bucket.exemplar, exemplars[i] ?? null);
    writer.ldelim();
  }
  writeCount(writer, tags.sampleCount, count);
  writer.uint32(tags.sampleSum).double(sum);
  if (native !== null) writeNative(writer, native);
  writeTimestamp(writer, tags.createdTimestamp, createdS);
  writer.ldelim();
}

function writeNative(writer: Writer, native: NativeBuckets): void {
  const tags = TAGS.Histogram;
  writer.uint32(tags.schema).sint32(native.schema);
  writer.uint32(tags.zeroThreshold).double(native.zeroThreshold);
  writeCount(writer, tags.zeroCount, native.zeroCount);
  const { spans, deltas } = toSpans(native);
  // Without a threshold and without observations, an empty span is all that says the histogram is native.
  for (const { offset, length } of spans.length > 0 ? spans : [{ offset: 0, length: 0 }]) {
    writer.uint32(tags.positiveSpan).fork();
    writer.uint32(TAGS.BucketSpan.offset).sint32(offset);
    writer.uint32(TAGS.BucketSpan.length).uint32(length);
    writer.ldelim();
  }
  if (deltas.length === 0) return;
  writer.uint32(tags.positiveDelta).fork();
  for (const delta of deltas) writer.sint64(delta);
  writer.ldelim();
}

function writeExemplar(writer: Writer, tag: number, exemplar: Exemplar | null): void {
  if (!followable(exemplar)) return;
  writer.uint32(tag).fork();
  writeLabels(writer, TAGS.Exemplar.label, exemplar.labels);
  writer.uint32(TAGS.Exemplar.value).double(exemplar.value);
  writeTimestamp(writer, TAGS.Exemplar.timestamp, exemplar.timestampS);
  writer.ldelim();
}

/** To the millisecond: Prometheus keeps no more, and drops what is below instead of rounding it. */
function writeTimestamp(writer: Writer, tag: number, unixS: number | null): void {
  if (unixS === null) return;
  const ms = Math.round(sToMs(unixS));
  const seconds = msToWholeS(ms);
  writer.uint32(tag).fork();
  writer.uint32(TAGS.Timestamp.seconds).int64(seconds);
  writer.uint32(TAGS.Timestamp.nanos).int32(msToNs(ms - sToMs(seconds)));
  writer.ldelim();
}

/** The first number that `uint32` cannot write; below it, both methods write the same octets and it is the faster. */
const UINT32_END = 2 ** 32;

function writeCount(writer: Writer, tag: number, count: number): void {
  writer.uint32(tag);
  if (count < UINT32_END) writer.uint32(count);
  else writer.uint64(count);
}

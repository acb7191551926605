import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { acceptsGzip, negotiate } from "../../../../src/telemetry/exposition/negotiate.ts";

const TEXT = "text/plain; version=0.0.4; charset=utf-8";
const OPEN = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const PROTO = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";
const PROTO_RANGE = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";

describe("negotiate", () => {
  test.each([
    { accept: undefined, gives: TEXT, because: "nothing was asked for" },
    { accept: "", gives: TEXT, because: "an empty header asks for nothing" },
    { accept: "*/*", gives: TEXT, because: "curl" },
    {
      accept: "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
      gives: TEXT,
      because: "a browser",
    },
    { accept: "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", gives: TEXT, because: "an old Java" },
    {
      accept:
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
      gives: OPEN,
      because: "Prometheus 2.42",
    },
    {
      accept: `${PROTO_RANGE},application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1`,
      gives: PROTO,
      because: "Prometheus 2.42 with native histograms",
    },
    {
      accept:
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
      gives: `${OPEN}; escaping=allow-utf-8`,
      because: "Prometheus 3",
    },
    {
      accept: `${PROTO_RANGE};escaping=underscores;q=0.6,text/plain;version=0.0.4;q=0.3`,
      gives: `${PROTO}; escaping=underscores`,
      because: "Prometheus 3 with legacy names and native histograms",
    },
    { accept: `${PROTO_RANGE};q=0.7,text/plain;version=0.0.4;q=0.3`, gives: PROTO, because: "Telegraf" },
    { accept: "application/json, text/plain, */*", gives: TEXT, because: "named beats not named, at equal weight" },
    { accept: "application/openmetrics-text", gives: OPEN, because: "any version will do" },
    { accept: "application/openmetrics-text; version=0.0.1", gives: TEXT, because: "a version we do not write" },
    { accept: "text/plain;version=1.0.0", gives: TEXT, because: "text all the same: nobody is refused" },
    { accept: "application/vnd.google.protobuf", gives: TEXT, because: "of which message, and how framed?" },
    {
      accept: "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text",
      gives: TEXT,
      because: "protobuf as text is another format",
    },
    { accept: "application/*", gives: OPEN, because: "protobuf is never a guess" },
    { accept: "text/*;q=0.5, application/*;q=0.6", gives: OPEN, because: "the heavier range" },
    { accept: "text/plain;q=0.1, */*", gives: OPEN, because: "the closer range speaks for text, and says 0.1" },
    { accept: "text/plain;q=0", gives: TEXT, because: "there is nothing else to give" },
    { accept: "image/png", gives: TEXT, because: "there is nothing else to give" },
    { accept: "APPLICATION/OpenMetrics-Text; VERSION=1.0.0", gives: OPEN, because: "types ignore case" },
    { accept: 'application/openmetrics-text; version="1.0.0"', gives: OPEN, because: "a value may be quoted" },
    {
      accept: 'text/plain; x=",application/openmetrics-text", application/openmetrics-text;q=0.1',
      gives: TEXT,
      because: "a comma within quotes separates nothing",
    },
    { accept: "application/openmetrics-text;q=2, text/plain;q=0.1", gives: TEXT, because: "2 is no weight" },
    { accept: "application/openmetrics-text;q=, text/plain;q=0.1", gives: TEXT, because: "nor is nothing" },
    { accept: "application/openmetrics-text;q=NaN, text/plain;q=0.1", gives: TEXT, because: "nor NaN" },
    {
      accept: "application/openmetrics-text;version=1.0.0;escaping=dots",
      gives: `${OPEN}; escaping=underscores`,
      because: "dots would rename us",
    },
    {
      accept: "text/plain;escaping=\u00e4\r\nX: y",
      gives: `${TEXT}; escaping=underscores`,
      because: "nothing foreign comes back",
    },
    { accept: ',;="\\,;;q=;,*/', gives: TEXT, because: "garbage" },
  ])("$because", ({ accept, gives }) => {
    expect(negotiate(accept).contentType).toBe(gives);
  });

  test("any header at all gets one of three types", () => {
    const any = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.string({
        unit: fc.constantFrom("text/plain", "*/*", ";", ",", "q=", "=", '"', "\\", "0.5", " "),
        maxLength: 40,
      }),
    );
    fc.assert(
      fc.property(any, (accept) => {
        const { contentType } = negotiate(accept);
        expect([TEXT, OPEN, PROTO]).toContain(contentType.replace(/; escaping=[a-z8-]+$/, ""));
      }),
    );
  });

  test.each([
    { what: "commas", header: ",".repeat(16_000) },
    { what: "ranges", header: "text/plain;q=0.1,".repeat(1_000) },
    { what: "parameters", header: `text/plain${";a=b".repeat(4_000)}` },
    { what: "one open quote", header: `text/plain;a="${"\\".repeat(16_000)}` },
    { what: "quotes", header: '"'.repeat(16_000) },
    { what: "spaces", header: " ".repeat(16_000) },
  ])(
    "16 kB of $what are read in one pass",
    ({ header }) => {
      // The square of this many octets would take minutes.
      for (let i = 0; i < 200; i++) expect(negotiate(header).encoding).toBe("text");
    },
    2_000,
  );

  test("what is named after 64 ranges is not looked for", () => {
    const after = (ranges: number) => `${"image/png,".repeat(ranges)}application/openmetrics-text`;
    expect(negotiate(after(63)).encoding).toBe("openmetrics");
    expect(negotiate(after(64)).encoding).toBe("text");
  });
});

describe("acceptsGzip", () => {
  test.each([
    { header: undefined, gives: false, because: "nothing was offered" },
    { header: "", gives: false, because: "nothing was offered" },
    { header: "gzip", gives: true, because: "Prometheus" },
    { header: "gzip, deflate, br, zstd", gives: true, because: "a browser" },
    { header: "GZIP;Q=1", gives: true, because: "case does not matter" },
    { header: "x-gzip", gives: true, because: "the old name of the same (RFC 9110 §8.4.1.3)" },
    { header: "*", gives: true, because: "anything will do" },
    { header: "br", gives: false, because: "another coding" },
    { header: "gzip;q=0", gives: false, because: "0 means not this" },
    { header: "*, gzip;q=0", gives: false, because: "the closer entry speaks" },
    { header: "identity;q=0, gzip;q=0.1", gives: true, because: "plain is refused" },
    { header: "identity, gzip;q=0.5", gives: false, because: "plain is preferred" },
    { header: "gzip;q=many", gives: false, because: "a weight that cannot be read is no offer" },
  ])("$header: $because", ({ header, gives }) => {
    expect(acceptsGzip(header)).toBe(gives);
  });
});

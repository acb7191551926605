import { expect, test } from "vitest";
import { fromThousandths, msToNs, msToS, msToUs, msToWholeS, sToMs, usToMs } from "../../../src/base/units.ts";

test.each([
  { name: "msToS", convert: msToS, from: 1_500, to: 1.5, because: "the fraction stays" },
  { name: "msToS", convert: msToS, from: 0.02, to: 0.000_02, because: "20 microseconds are a round trip on loopback" },
  { name: "sToMs", convert: sToMs, from: 3_600, to: 3_600_000, because: "an hour" },
  { name: "msToUs", convert: msToUs, from: 20.123_6, to: 20_124, because: "Kamailio prints whole microseconds" },
  { name: "msToUs", convert: msToUs, from: 0, to: 0, because: "nothing stays nothing" },
  { name: "usToMs", convert: usToMs, from: 20_134, to: 20.134, because: "the fraction stays" },
  { name: "msToNs", convert: msToNs, from: 0.25, to: 250_000, because: "a timestamp's nanos are whole" },
  { name: "msToWholeS", convert: msToWholeS, from: 1_999.9, to: 1, because: "rounded down: the second has not passed" },
  { name: "msToWholeS", convert: msToWholeS, from: -1, to: -1, because: "down, not towards zero" },
  { name: "fromThousandths", convert: fromThousandths, from: 500, to: 0.5, because: "q=0.5" },
  { name: "fromThousandths", convert: fromThousandths, from: 1_000, to: 1, because: "the highest q" },
])("$name($from) is $to: $because", ({ convert, from, to }) => {
  expect(convert(from)).toBeCloseTo(to, 12);
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { BoundedLabels } from "../../../src/instruments/bounded-labels.ts";
import { createSharedBuffer } from "../../../src/instruments/exchange.ts";
import { openInstruments } from "../../../src/instruments/instruments.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

function open(limit: number, initial: readonly string[] = []) {
  const instruments = openInstruments({
    clock: new ManualClock(),
    sharedBuffer: createSharedBuffer(4_096),
    onSeries: () => {},
  });
  const domains = new BoundedLabels({ label: "domain", limit, instruments, initial });
  const guard = () => ({
    limit: instruments.value(instruments.cell("labelLimit", "domain")),
    values: instruments.value(instruments.cell("labelValues", "domain")),
    overflows: instruments.value(instruments.cell("labelOverflows", "domain")),
  });
  return { domains, guard };
}

test("the first values keep their names, later ones become other and are counted", () => {
  const { domains, guard } = open(2);
  expect(["a", "b", "c", "a", "c", "b"].map((value) => domains.fold(value))).toEqual([
    "a",
    "b",
    "other",
    "a",
    "other",
    "b",
  ]);
  expect(guard()).toEqual({ limit: 2, values: 2, overflows: 2 });
});

test("the limit can be seen before the first value", () => {
  expect(open(20).guard()).toEqual({ limit: 20, values: 0, overflows: 0 });
});

test("values given at the start have their place", () => {
  const { domains, guard } = open(1, ["example.org"]);
  expect(domains.fold("example.com")).toBe("other");
  expect(domains.fold("example.org")).toBe("example.org");
  expect(guard()).toEqual({ limit: 1, values: 1, overflows: 1 });
});

test.each([
  { value: "", because: "nothing to tell apart" },
  { value: "other", because: "it is the fold itself" },
])("'$value' is other without taking a place or being an overflow: $because", ({ value }) => {
  const { domains, guard } = open(1);
  expect(domains.fold(value)).toBe("other");
  expect(guard()).toEqual({ limit: 1, values: 0, overflows: 0 });
});

test("a value with control characters takes one place, however often it comes", () => {
  const { domains, guard } = open(2);
  expect(domains.fold("a\r\nb")).toBe("a\ufffd\ufffdb");
  expect(domains.fold("a\r\nb")).toBe("a\ufffd\ufffdb");
  expect(guard().values).toBe(1);
});

test("whatever comes, there are never more values than the limit, and each fold is a value, other or both counted", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary" })), fc.integer({ min: 1, max: 5 }), (values, limit) => {
      const { domains, guard } = open(limit);
      const folded = new Set(values.map((value) => domains.fold(value)));
      folded.delete("other");
      expect(folded.size).toBeLessThanOrEqual(limit);
      expect(guard().values).toBe(folded.size);
    }),
  );
});

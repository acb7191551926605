import { expect, test } from "vitest";
import { toSpans } from "../../../../src/telemetry/exposition/spans.ts";

test.each([
  { firstIndex: 0, counts: [], spans: [], deltas: [], because: "nothing was observed" },
  { firstIndex: -7, counts: [4], spans: [[-7, 1]], deltas: [4], because: "the first delta is against 0" },
  { firstIndex: 3, counts: [1, 5, 2], spans: [[3, 3]], deltas: [1, 4, -3], because: "neighbours differ by deltas" },
  { firstIndex: 0, counts: [2, 0, 0, 2], spans: [[0, 4]], deltas: [2, -2, 0, 2], because: "two zeros cost less" },
  {
    firstIndex: 0,
    counts: [2, 0, 0, 0, 2],
    spans: [
      [0, 1],
      [3, 1],
    ],
    deltas: [2, 0],
    because: "three zeros are a gap, and the delta goes over it",
  },
])("$counts from $firstIndex: $because", ({ firstIndex, counts, spans, deltas }) => {
  const native = { schema: 3, zeroThreshold: 1e-6, zeroCount: 0, firstIndex, counts };
  expect(toSpans(native)).toEqual({ spans: spans.map(([offset, length]) => ({ offset, length })), deltas });
});

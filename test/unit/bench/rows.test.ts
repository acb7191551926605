import { describe, expect, test } from "vitest";
import type { Measurement, RowSpec, Sample, ServerMeasurement } from "../../../bench/measurement.ts";
import { isAllMet, rowsOf } from "../../../bench/rows.ts";
import { countVerdicts, printTable } from "../../../bench/table.ts";
import { atMost, atMostOfPeer, type Target } from "../../../bench/targets.ts";

const nothing = async () => ({ figures: {}, warnings: [] });

function aRow(target: Target): RowSpec {
  return { part: "ka", what: "CPU per keepalive", figure: "cpuUs", unit: "us", target };
}

function aPlan(target: Target, fields: Partial<ServerMeasurement> = {}): readonly Measurement[] {
  return [{ name: "cost", own: nothing, peer: nothing, rows: [aRow(target)], ...fields }];
}

function aSample(server: Sample["server"], cpuUs: number | null, fields: Partial<Sample> = {}): Sample {
  return {
    measurement: "cost",
    server,
    run: 1,
    figures: { cpuUs },
    warnings: [],
    loadBefore: 0,
    failure: null,
    ...fields,
  };
}

describe("rowsOf()", () => {
  test("compares the medians of both servers", () => {
    const own = [12, 90, 14].map((cpuUs) => aSample("sipulse", cpuUs));
    const peer = [40, 1, 42].map((cpuUs) => aSample("kamailio", cpuUs));
    const [row] = rowsOf(aPlan(atMostOfPeer(0.4)), [...own, ...peer], true);
    expect(row).toMatchObject({ ratio: 0.35, verdict: "met" });
    expect(row?.own).toEqual({ value: 14, runs: [12, 90, 14], absence: null });
    expect(row?.peer).toEqual({ value: 40, runs: [40, 1, 42], absence: null });
  });

  test("takes figures from its own measurement only", () => {
    const [row] = rowsOf(aPlan(atMost(20)), [aSample("sipulse", 5, { measurement: "another" })], true);
    expect(row?.own.value).toBeNull();
  });

  test("a failed run leaves a gap and does not stop the others", () => {
    const failed = aSample("sipulse", null, { figures: {}, failure: "ChildError" });
    const [row] = rowsOf(aPlan(atMost(20)), [failed, aSample("sipulse", 12)], true);
    expect(row).toMatchObject({ verdict: "met", own: { value: 12, runs: [null, 12] } });
  });

  test.each([
    { isPeerHere: false, peer: nothing, absence: "not here", because: "the peer is not on this machine" },
    { isPeerHere: true, peer: nothing, absence: "not measured", because: "it is, and its measurement failed" },
    { isPeerHere: true, peer: null, absence: "nothing to compare", because: "the peer has no such thing" },
  ] as const)("says $absence: $because", ({ isPeerHere, peer, absence }) => {
    const [row] = rowsOf(aPlan(atMostOfPeer(0.4), { peer }), [aSample("sipulse", 12)], isPeerHere);
    expect(row).toMatchObject({ ratio: null, verdict: "unknown", peer: { value: null, absence } });
  });
});

describe("isAllMet()", () => {
  test.each([
    { target: atMost(20), cpuUs: 12, isMet: true, because: "the target is met" },
    { target: atMost(10), cpuUs: 12, isMet: false, because: "the target is missed" },
    { target: atMost(20), cpuUs: null, isMet: false, because: "what was not measured is not met" },
    { target: { kind: "none" } as const, cpuUs: null, isMet: true, because: "nothing was demanded" },
  ])("is $isMet when $because", ({ target, cpuUs, isMet }) => {
    expect(isAllMet(rowsOf(aPlan(target), [aSample("sipulse", cpuUs)], true))).toBe(isMet);
  });
});

describe("printTable()", () => {
  const rows = [
    ...rowsOf(aPlan(atMostOfPeer(0.4)), [aSample("sipulse", 14), aSample("kamailio", 40)], true),
    ...rowsOf(aPlan(atMost(1_000)), [aSample("sipulse", 1_512)], false),
    ...rowsOf(aPlan(atMost(1_000), { peer: null }), [], true),
  ];

  test("lines up numbers on the right and names what is missing", () => {
    expect(printTable(rows).split("\n")).toEqual([
      "                        sipulse  Kamailio  ratio  target             verdict",
      "CPU per keepalive         14 us     40 us  0.35x  <= 0.40x Kamailio  met",
      "CPU per keepalive      1,512 us  not here      -  <= 1,000 us        MISSED",
      "CPU per keepalive  not measured         -      -  <= 1,000 us        NOT MEASURED",
      "",
    ]);
  });

  test("the count under it is loud about what is not met", () => {
    expect(countVerdicts(rows)).toBe("1 met, 1 MISSED, 1 NOT MEASURED");
  });
});

/**
 * The tools of the tests against real programs, where a mistake in them would make a test pass.
 *
 * @module
 */
import { describe, expect, test } from "vitest";
import { Samples } from "./metrics.ts";
import { shapeOf } from "./shape.ts";
import { answerTimesUs } from "./sipp.ts";
import { until } from "./until.ts";

describe("shapeOf()", () => {
  test("names leaves with their type and order, and takes elements that look alike for one", () => {
    expect(
      shapeOf({
        a: [
          { b: 1, c: "" },
          { b: 2, c: "x" },
        ],
        d: 0.5,
        e: null,
        f: [],
        g: {},
      }),
    ).toEqual([...["a[].b whole number", "a[].c string", "d fraction", "e null", "f[] empty", "g{} empty"]]);
  });

  test.each([
    { one: { a: 1, b: 2 }, other: { b: 2, a: 1 }, because: "the order differs" },
    { one: { q: -1 }, other: { q: 0.7 }, because: "a fraction is not a whole number" },
    { one: { q: -1 }, other: { q: "-1" }, because: "a text is not a number" },
    { one: { a: [{ b: 1 }] }, other: { a: [{ b: 1 }, { b: 1, c: 1 }] }, because: "one element has more" },
    { one: { a: { b: 1 } }, other: { a: [{ b: 1 }] }, because: "an object is not a list" },
  ])("tells two values apart: $because", ({ one, other }) => {
    expect(shapeOf(one)).not.toEqual(shapeOf(other));
  });
});

describe("Samples", () => {
  const samples = new Samples(
    '# HELP a_total Help.\n# TYPE a_total counter\na_total{x="1",y="a,\\"b\\""} 2\na_total{x="2",y=""} 3.5\nb_bucket{le="+Inf"} +Inf\nc 1e3\n',
  );

  test("finds samples by name and labels, and adds them up", () => {
    expect(samples.sum("a_total")).toBe(5.5);
    expect(samples.sum("a_total", { x: "2" })).toBe(3.5);
    expect(samples.of("a_total", { x: "1" })[0]?.labels).toEqual({ x: "1", y: 'a,\\"b\\"' });
    expect(samples.sum("b_bucket", { le: "+Inf" })).toBe(Number.POSITIVE_INFINITY);
    expect(samples.sum("c")).toBe(1_000);
    expect(samples.sum("d")).toBe(0);
  });

  test("refuses a line that is no sample", () => {
    expect(() => new Samples("<html>\n")).toThrow("not a sample");
  });
});

describe("answerTimesUs()", () => {
  const entry = (time: string, direction: string, size: string, line: string, branch: string) =>
    `----------------------------------------------- 2026-01-31 ${time}\nUDP message ${direction} ${size}:\n\n` +
    `${line}\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=${branch};rport\r\n\r\n`;

  test("pairs each answer with its request by branch, over midnight too", () => {
    const log =
      entry("23:59:59.900000", "sent", "(309 bytes)", "REGISTER sip:example.org SIP/2.0", "z9hG4bK0") +
      entry("23:59:59.950000", "received", "[303] bytes ", "SIP/2.0 200 OK", "z9hG4bK0") +
      entry("23:59:59.999000", "received", "[318] bytes ", "OPTIONS sip:a@b SIP/2.0", "z9hG4bK1") +
      entry("00:00:00.100000", "received", "[318] bytes ", "OPTIONS sip:a@b SIP/2.0", "z9hG4bK2") +
      entry("00:00:00.199001", "sent", "(260 bytes)", "SIP/2.0 200 OK", "z9hG4bK1") +
      entry("00:00:00.300002", "sent", "(260 bytes)", "SIP/2.0 200 OK", "z9hG4bK2");
    expect(answerTimesUs(log)).toEqual([200_001, 200_002]);
  });
});

describe("until()", () => {
  test("returns the first answer that is one, 0 and '' included", async () => {
    const answers = [null, undefined, false, 0] as const;
    let asked = 0;
    expect(await until("answer", () => answers[asked++], { everyMs: 1 })).toBe(0);
    expect(asked).toBe(4);
  });

  test("gives up at the deadline, names what did not come, and says what went wrong last", async () => {
    const broken = () => Promise.reject(new Error("no route"));
    await expect(until("sun", broken, { withinMs: 20, everyMs: 1 })).rejects.toMatchObject({
      message: "no sun within 20 ms",
      cause: expect.objectContaining({ message: "no route" }),
    });
  });
});

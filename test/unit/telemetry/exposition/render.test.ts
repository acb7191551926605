import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { answerKey, encode, renderExposition } from "../../../../src/telemetry/exposition/render.ts";
import { aGauge, aPoint } from "../../../fakes/exposition.ts";

const families = [aGauge([aPoint(1)])];
const OPEN = "application/openmetrics-text";

describe("renderExposition", () => {
  test("without Accept-Encoding the body is plain", async () => {
    const { contentEncoding, body } = await renderExposition(families, { accept: OPEN, acceptEncoding: undefined });
    expect(contentEncoding).toBeNull();
    expect(body).toEqual(encode(families, "openmetrics"));
  });

  test("with gzip allowed, it is the same body compressed", async () => {
    const { contentEncoding, body } = await renderExposition(families, { accept: OPEN, acceptEncoding: "gzip" });
    expect(contentEncoding).toBe("gzip");
    expect(gunzipSync(body)).toEqual(encode(families, "openmetrics"));
  });
});

describe("answerKey", () => {
  const base = { accept: undefined, acceptEncoding: undefined, names: null };
  test.each([
    { other: { ...base, accept: "*/*" }, isSame: true, because: "both get text" },
    { other: { ...base, acceptEncoding: "br" }, isSame: true, because: "both get it plain" },
    { other: { ...base, accept: OPEN }, isSame: false, because: "another encoding" },
    { other: { ...base, accept: "text/plain;escaping=underscores" }, isSame: false, because: "another content type" },
    { other: { ...base, acceptEncoding: "gzip" }, isSame: false, because: "one is compressed" },
    { other: { ...base, names: new Set<string>() }, isSame: false, because: "no names is not all names" },
    { other: { ...base, names: new Set(["a"]) }, isSame: false, because: "a filter" },
  ])("is the same: $isSame, because $because", ({ other, isSame }) => {
    expect(answerKey(other) === answerKey(base)).toBe(isSame);
  });

  test("the order of names does not matter, and where one ends does", () => {
    const key = (...names: string[]) => answerKey({ ...base, names: new Set(names) });
    expect(key("a", "b")).toBe(key("b", "a"));
    expect(key("a,b")).not.toBe(key("a", "b"));
  });
});

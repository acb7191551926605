import { expect, test } from "vitest";
import { nearest, suggestKey, suggestVariable } from "../../../src/config/near-miss.ts";

test.each([
  { unknown: "keepalive.intervall", meant: "keepalive.interval", because: "a letter too many" },
  { unknown: "keepalive.probe-timeout", meant: "keepalive.probe_timeout", because: "a dash for an underscore" },
  { unknown: "log.leevl", meant: "log.level", because: "two letters swapped" },
  { unknown: "interval", meant: "keepalive.interval", because: "the section was left out" },
  {
    unknown: "max_contacts",
    meant: "registrar.max_contacts",
    because: "Kamailio's name beats the last part, which is ambiguous",
  },
  { unknown: "db_url", meant: "location.url", because: "Kamailio's name" },
  { unknown: "path_mode", meant: "registrar.path", because: "the second of Kamailio's names" },
])("$unknown suggests $meant: $because", ({ unknown, meant }) => {
  expect(suggestKey(unknown)).toBe(` (did you mean ${meant}?)`);
});

test.each([
  { unknown: "pizza.topping", because: "nothing is close" },
  { unknown: "listen2", because: "a last part must be the whole part" },
  { unknown: "ka", because: "too short to tell" },
  { unknown: "mode", because: "two settings end in it" },
  { unknown: `log.level${"x".repeat(10_000)}`, because: "too long to compare" },
])("$unknown suggests nothing: $because", ({ unknown }) => {
  expect(suggestKey(unknown)).toBe("");
});

test("a variable is suggested as a variable", () => {
  expect(suggestVariable("SIPULSE_LOGLEVEL")).toBe(" (did you mean SIPULSE_LOG_LEVEL?)");
});

test("the closest candidate wins, the first one when two are equally close", () => {
  expect(nearest("keepaliv", ["keepalives", "keepalive", "keepalixe"])).toBe("keepalive");
  expect(nearest("colour", ["colours", "xcolour"])).toBe("colours");
});

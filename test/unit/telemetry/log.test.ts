import { describe, expect, test } from "vitest";
import type { LogLevel } from "../../../src/base/log.ts";
import { openLog } from "../../../src/telemetry/log.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

/** ESC, CSI, a bidirectional override, or a line break that is not the last character. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are exactly what must not get out
const ACTS_ON_A_TERMINAL = /[\u001b\u009b\u202e]|\n./;

function open(format: "json" | "pretty", level: LogLevel = "info") {
  const lines: string[] = [];
  const clock = new ManualClock({ wallMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678) });
  const log = openLog({ level, format, clock, isColoured: false, write: (line) => void lines.push(line) });
  return { log, lines, clock };
}

describe("a JSON line", () => {
  test("has the level as a word, the time in UTC, the event before the fields", () => {
    const { log, lines } = open("json");
    log.info("contact bound", { aor: "alice@example.org", expiresS: 3_600, isNated: false, path: null });
    expect(lines).toEqual([
      '{"level":"info","time":"2026-01-02T03:04:05.678Z","event":"contact bound",' +
        '"aor":"alice@example.org","expiresS":3600,"isNated":false,"path":null}\n',
    ]);
  });

  test.each(["debug", "info", "warn", "error"] as const)("of level %s says so", (level) => {
    const { log, lines } = open("json", "debug");
    log[level]("probe lost");
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ level, event: "probe lost" });
  });

  test("has every name once: a field that is called like one of ours is renamed", () => {
    const { log, lines } = open("json");
    log.info("log level changed", { level: "debug", time: 1, event: "x" });
    expect(lines[0]).toMatch(/"event":"log level changed","field_level":"debug","field_time":1,"field_event":"x"\}\n$/);
  });

  test("keeps characters that act on a terminal as escapes, so that nothing is lost", () => {
    const { log, lines } = open("json");
    const text = "a\u001b[31m\u009b31m\u202eb\n";
    log.info("parsed", { text });
    expect(lines[0]).not.toMatch(ACTS_ON_A_TERMINAL);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ text });
  });

  test("never ends early: an event with a line break is one line", () => {
    const { log, lines } = open("json");
    log.info("two\nlines");
    expect(lines.join("").split("\n")).toHaveLength(2);
  });
});

describe("a pretty line", () => {
  test("shows level, event and fields on one line", () => {
    const { log, lines } = open("pretty");
    log.warn("probe lost", { ruid: "uloc-1", lostInARow: 2 });
    expect(lines.join("")).toMatch(/^\[.*\] WARN: probe lost \{"ruid":"uloc-1","lostInARow":2\}\n$/);
  });

  test("lets nothing through that acts on a terminal", () => {
    const { log, lines } = open("pretty");
    log.info("parsed\u001b[2J", { text: "a\u001b[31m\u009b31m\u202eb\nc" });
    expect(lines.join("")).not.toMatch(ACTS_ON_A_TERMINAL);
  });
});

test("a level below the set one is not written, and the level can be changed while running", () => {
  const { log, lines } = open("json", "warn");
  log.info("before");
  log.setLevel("info");
  log.info("after");
  log.debug("still not");
  expect(lines.map((line) => JSON.parse(line).event)).toEqual(["after"]);
});

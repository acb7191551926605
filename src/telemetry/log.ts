/**
 * Log lines: one JSON object per line for machines, or coloured text for people.
 *
 * Written synchronously in this process, so that the last line before an exit gets out.
 *
 * @module
 */
import { pino } from "pino";
import { prettyFactory } from "pino-pretty";
import type { Clock } from "../base/clock.ts";
import type { Log, LogFields, LogLevel } from "../base/log.ts";
import { printable } from "../base/log.ts";

/** C1 controls and bidirectional overrides: valid in JSON, but able to forge or hide a line on a terminal. */
const UNSAFE = /[\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** Names every line has already; `__proto__` would not become a field at all. */
const TAKEN = new Set(["level", "time", "event", "__proto__"]);

/** A log whose level can be changed while the daemon runs. */
export interface LiveLog extends Log {
  setLevel(level: LogLevel): void;
}

/** How `openLog` is called. */
export interface LogOptions {
  readonly level: LogLevel;
  readonly format: "json" | "pretty";
  readonly clock: Clock;
  /** Takes whole lines; standard output when left out. */
  readonly write?: (line: string) => void;
  /** Colours in `pretty`; whether standard output is a terminal when left out. */
  readonly isColoured?: boolean;
}

/** A log that is open until the process ends. A field called `level`, `time` or `event` gets the prefix `field_`. */
export function openLog(options: LogOptions): LiveLog {
  const { level, clock, write = (line: string) => process.stdout.write(line) } = options;
  const shape =
    options.format === "json" ? escapeUnsafe : prettyShape(options.isColoured ?? process.stdout.isTTY === true);
  const logger = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date(clock.wallMs()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => void write(shape(line)) },
  );
  return {
    debug: (event, fields) => logger.debug(line(event, fields)),
    info: (event, fields) => logger.info(line(event, fields)),
    warn: (event, fields) => logger.warn(line(event, fields)),
    error: (event, fields) => logger.error(line(event, fields)),
    setLevel: (next) => {
      logger.level = next;
    },
  };
}

/** The fields of a line, `event` first; a field that would appear twice in the line is renamed. */
function line(event: string, fields: LogFields = {}): LogFields {
  const merged: Record<string, LogFields[string]> = { event: printable(event) };
  for (const [name, value] of Object.entries(fields)) merged[TAKEN.has(name) ? `field_${name}` : name] = value;
  return merged;
}

/** The same JSON with the characters written as escapes: nothing is lost, nothing acts on a terminal. */
function escapeUnsafe(line: string): string {
  return line.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** `INFO 12:34:56.789 contact bound aor="…"`, one line. */
function prettyShape(isColoured: boolean): (line: string) => string {
  const format = prettyFactory({
    colorize: isColoured,
    messageKey: "event",
    singleLine: true,
    translateTime: "SYS:HH:MM:ss.l",
  });
  return (line) => format(line).replace(UNSAFE, "\ufffd");
}

/**
 * The shape of a log line: an event name and fields, never prose with holes.
 *
 * @module
 */

export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** JSON-safe values only; text from the network is already safe to print. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

/** Writes one line per call. Event names are lower case, past tense and stable: people grep them. */
export interface Log {
  /** A bad packet from the internet, or a detail nobody needs in production. */
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  /** A person should act. */
  error(event: string, fields?: LogFields): void;
}

/** Longest text from the network that enters a log field, in characters. */
const LOGGED_CHARACTERS_MAX = 200;

/** Control characters and the bidirectional overrides that can forge or hide a line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are exactly what must not get out
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** Text from the network as it may be printed: shortened, unprintable characters replaced by U+FFFD. */
export function printable(text: string): string {
  return text.slice(0, LOGGED_CHARACTERS_MAX).replace(UNSAFE, "\ufffd");
}

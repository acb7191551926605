/**
 * A bad configuration, reported whole: every problem with its source, one line each.
 *
 * @module
 */

/** The configuration cannot be used. The message is the whole report and may be printed as it is. */
export class ConfigError extends RangeError {
  override readonly name = "ConfigError";
  readonly code = "CONFIG";
  /** One line each: `sipulse.yml: keepalive.interval must be …, got 30`. Never holds a secret. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`configuration has ${problems.length} problem(s):\n${problems.map((problem) => `  ${problem}`).join("\n")}`);
    this.problems = problems;
  }
}

/**
 * The reporter that ends every test run: which Node ran it, which real programs took part, which were skipped and why,
 * and one last line
 *
 *      412 passed, 0 failed, 3 skipped
 *
 * that a person or a script finds without reading the rest.
 *
 * @module
 */
import type { Reporter, TestModule, TestSuite } from "vitest/node";
import { REAL_NAMES, type RealName, type RealUse, requiredReal } from "./real.ts";

/** How many tests ended in which way. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** One suite that asked for real programs. */
export interface RealSuite {
  readonly title: string;
  readonly use: RealUse;
  /** Whether a test of it ended passed or failed. */
  readonly ran: boolean;
}

/** The last line. */
export function closingLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** The lines about real programs; none when no suite asked for one and REQUIRE_REAL is empty. */
export function realLines(suites: readonly RealSuite[], required: readonly RealName[]): readonly string[] {
  const lines: string[] = [];
  const ran = REAL_NAMES.filter((name) => suites.some((suite) => suite.ran && suite.use.names.includes(name)));
  if (suites.length > 0) lines.push(`real components that ran: ${ran.length === 0 ? "none" : ran.join(", ")}`);
  for (const { title, use } of suites) {
    if (use.reason === null) continue;
    const verb = use.missing.some((name) => required.includes(name)) ? "FAILED" : "SKIPPED";
    lines.push(`${verb} ${use.missing.join(", ")}: ${title} (${use.reason})`);
  }
  for (const name of required) {
    if (!ran.includes(name)) lines.push(`REQUIRE_REAL names ${name}, but no test ran with it`);
  }
  return lines;
}

/** Counts tests; a file or a suite that breaks outside its tests counts as one failure, so it cannot pass unseen. */
export function countTests(testModules: readonly TestModule[], unhandledErrors: number): Counts {
  let passed = 0;
  let failed = unhandledErrors;
  let skipped = 0;
  for (const testModule of testModules) {
    if (testModule.errors().length > 0) failed++;
    for (const suite of testModule.children.allSuites()) if (suite.errors().length > 0) failed++;
    for (const { state } of [...testModule.children.allTests()].map((testCase) => testCase.result())) {
      if (state === "passed") passed++;
      else if (state === "failed") failed++;
      else skipped++;
    }
  }
  return { passed, failed, skipped };
}

function realSuites(testModules: readonly TestModule[]): readonly RealSuite[] {
  return testModules
    .flatMap((testModule) => [...testModule.children.allSuites()])
    .flatMap((suite) => {
      const use = suite.meta().real;
      return use === undefined || isNested(suite) ? [] : [{ title: suite.fullName, use, ran: hasRun(suite) }];
    });
}

/** Inner suites inherit the meta of their parent; only the outermost one is reported. */
function isNested(suite: TestSuite): boolean {
  return suite.parent.type === "suite" && suite.parent.meta().real !== undefined;
}

function hasRun(suite: TestSuite): boolean {
  // A suite whose program is missing holds one test of ours that fails: that is not a run.
  if (suite.meta().real?.missing.length !== 0) return false;
  return [...suite.children.allTests()].some((testCase) => ["passed", "failed"].includes(testCase.result().state));
}

/** Named in `vitest.config.ts` after the default reporter. */
export default class ClosingLine implements Reporter {
  #required: readonly RealName[] = [];

  /** @throws {RangeError} on a wrong word in REQUIRE_REAL, before anything runs */
  onInit(): void {
    this.#required = requiredReal();
  }

  onTestRunEnd(testModules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const lines = realLines(realSuites(testModules), this.#required);
    const counts = countTests(testModules, unhandledErrors.length);
    process.stdout.write(`${[`Node ${process.version}`, ...lines, closingLine(counts)].join("\n")}\n`);
  }
}

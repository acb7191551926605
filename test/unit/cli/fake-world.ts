/**
 * The command line in a process that only remembers what was asked of it.
 *
 * @module
 */
import { runCommandLine } from "../../../src/cli/program.ts";
import type { SimulateOptions } from "../../../src/cli/simulate-options.ts";
import type { World } from "../../../src/cli/world.ts";
import type { Config } from "../../../src/config/schema.ts";

/** What came of one call. */
export interface Ran {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
  /** What `serve` was handed; `null` when it was not called. */
  readonly served: { readonly config: Config; readonly reload: () => Config } | null;
  /** What `simulate` was handed; `null` when it was not called. */
  readonly simulated: SimulateOptions | null;
}

export interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
  /** Text by path; any other path cannot be read. */
  readonly files?: Readonly<Record<string, string>>;
  readonly fetch?: typeof fetch;
  /** Instead of remembering. */
  readonly serve?: World["handlers"]["serve"];
}

export async function run(argv: readonly string[], surroundings: Surroundings = {}): Promise<Ran> {
  const { env = {}, files = {}, serve } = surroundings;
  const ran = { out: "", err: "", served: null as Ran["served"], simulated: null as Ran["simulated"] };
  const exitCode = await runCommandLine(argv, {
    handlers: {
      serve: async (start) => {
        ran.served = start;
        await serve?.(start);
      },
      simulate: async (options) => {
        ran.simulated = options;
      },
    },
    version: "9.8.7",
    env,
    readFile: (path) => {
      const text = files[path];
      if (text === undefined) throw new Error(`ENOENT: no such file or directory, open '${path}'`);
      return text;
    },
    out: (text) => {
      ran.out += text;
    },
    err: (text) => {
      ran.err += text;
    },
    fetch: surroundings.fetch ?? fetch,
  });
  return { ...ran, exitCode };
}

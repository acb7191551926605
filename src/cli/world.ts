/**
 * What the command line needs of the process it runs in, handed in so that tests can watch it.
 *
 * @module
 */
import type { Config } from "../config/schema.ts";
import type { SimulateOptions } from "./simulate-options.ts";

/** The work behind the commands that start something. Both end when the work is done or was stopped. */
export interface Handlers {
  /** @param start `reload` reads the same sources again and throws `ConfigError` when they are wrong now */
  serve(start: { readonly config: Config; readonly reload: () => Config }): Promise<void>;
  simulate(options: SimulateOptions): Promise<void>;
}

/** The process, as far as the command line may touch it. */
export interface World {
  readonly handlers: Handlers;
  readonly version: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Returns the text of a file, or throws. */
  readonly readFile: (path: string) => string;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly fetch: typeof fetch;
}

export const EXIT_OK = 0;
export const EXIT_FAILED = 1;
/** Bad usage or configuration: trying again without a change cannot help. */
export const EXIT_BAD_USAGE = 2;

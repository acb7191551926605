/**
 * What a command answers, before anybody decided how it travels.
 *
 * @module
 */

/** A command ends in exactly one of these; it rejects only when the engine is gone. */
export type RpcOutcome =
  /** A complete result, small enough to be one text. */
  | { readonly kind: "result"; readonly value: unknown }
  /** A result as pieces of JSON text, produced while the reader takes them. Leaving the loop stops the work. */
  | { readonly kind: "stream"; readonly pieces: AsyncIterable<string> }
  /** Refused: Kamailio's code and text. */
  | { readonly kind: "fault"; readonly code: number; readonly message: string };

/** One command, called with the positional parameters as they came. */
export type RpcCommand = (params: readonly unknown[]) => Promise<RpcOutcome>;

/** Commands by their exact name. */
export type RpcCommands = ReadonlyMap<string, RpcCommand>;

/** Shorthand for a refusal. */
export function fault(code: number, message: string): RpcOutcome {
  return { kind: "fault", code, message };
}

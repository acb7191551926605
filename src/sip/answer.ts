/**
 * What a request is answered with, before it becomes a message.
 *
 * @module
 */

/** A status line and the headers that belong to it; To tag, Via and the rest come from the request. */
export interface Answer {
  /** 200 .. 699: this server sends no provisional responses. */
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly (readonly [string, string])[];
}

/** An answer with nothing to add. */
export function plainAnswer(status: number, reason: string, ...headers: (readonly [string, string])[]): Answer {
  return { status, reason, headers };
}

/**
 * Sends pieces of text as they are produced, no faster than the client reads.
 *
 * @module
 */
import type { ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";

/**
 * Writes a whole answer from pieces and ends it.
 *
 * The head goes out with the first piece: what fails before it can still become a problem document. What fails later
 * cuts the connection, so that the client sees an incomplete answer and not a short one.
 *
 * @returns `"sent"`, or `"aborted"` when the client left before the end; the pieces' generator has ended either way
 */
export async function sendPieces(
  response: ServerResponse,
  head: { status: number; reason: string; contentType: string },
  pieces: AsyncIterable<string>,
): Promise<"sent" | "aborted"> {
  const iterator = pieces[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (response.destroyed) {
    await iterator.return?.();
    return "aborted";
  }
  response.writeHead(head.status, head.reason, { "Content-Type": head.contentType });
  try {
    await pipeline(resume(first, iterator), response);
    return "sent";
  } catch (error) {
    if (isClientGone(error)) return "aborted";
    throw error;
  }
}

/** The pieces again, the one already taken included. */
async function* resume(first: IteratorResult<string>, rest: AsyncIterator<string>): AsyncGenerator<string> {
  try {
    for (let next = first; next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

function isClientGone(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : null;
  return code === "ERR_STREAM_PREMATURE_CLOSE" || code === "ECONNRESET" || code === "EPIPE";
}

/**
 * The JSON-RPC 2.0 envelope, with Kamailio's habits.
 *
 * They differ from the standard: an unknown method is fault 500, a call without id is answered (without id), and over
 * HTTP the status line repeats the fault. Batches, which Kamailio does not know, are taken up to a bound.
 *
 * @module
 */
import { fault, type RpcCommands, type RpcOutcome } from "./outcome.ts";

/** Calls in one batch. */
export const BATCH_CALLS_MAX = 100;

const PARSE_ERROR = fault(-32_700, "Parse Error");
const INVALID_REQUEST = fault(-32_600, "Invalid Request");
const INVALID_PARAMETERS = fault(-32_602, "Invalid Parameters");
const METHOD_NOT_FOUND = fault(500, "Method Not Found");

/** The answer to one request, ready for HTTP. */
export interface RpcReply {
  /** HTTP status: the fault code where it is one, 400 for an envelope we cannot read, 200 for a batch. */
  readonly status: number;
  /** Reason phrase: the fault text, or `OK`. */
  readonly reason: string;
  /** JSON text; leaving the loop early stops the command. */
  readonly body: AsyncIterable<string>;
}

/** `undefined` = no id came, none goes out. */
type Id = string | number | null | undefined;
type Call =
  | { readonly kind: "call"; readonly id: Id; readonly method: string; readonly params: readonly unknown[] }
  | { readonly kind: "refused"; readonly id: Id; readonly outcome: RpcOutcome };

/**
 * Answers one request text. Rejects (or the body does) only when the engine is gone.
 *
 * @param text the body; `null` when it was not UTF-8
 */
export async function answerRpc(text: string | null, commands: RpcCommands): Promise<RpcReply> {
  const request = parseJson(text);
  if (request === undefined) return replyTo(null, PARSE_ERROR);
  if (!Array.isArray(request)) {
    const call = readCall(request);
    return replyTo(call.id, await run(call, commands));
  }
  if (request.length === 0) return replyTo(null, INVALID_REQUEST);
  if (request.length > BATCH_CALLS_MAX) {
    return replyTo(null, fault(-32_600, `Invalid Request: at most ${BATCH_CALLS_MAX} calls in one batch`));
  }
  return { status: 200, reason: "OK", body: batchPieces(request, commands) };
}

/** `undefined` for what is not JSON: no JSON text parses to it. */
function parseJson(text: string | null): unknown {
  if (text === null) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readCall(request: unknown): Call {
  if (typeof request !== "object" || request === null || Array.isArray(request)) {
    return { kind: "refused", id: null, outcome: INVALID_REQUEST };
  }
  const { id, method, params } = request as { id?: unknown; method?: unknown; params?: unknown };
  if (id !== undefined && id !== null && typeof id !== "string" && typeof id !== "number") {
    return { kind: "refused", id: null, outcome: INVALID_REQUEST };
  }
  if (typeof method !== "string") return { kind: "refused", id, outcome: INVALID_REQUEST };
  if (params !== undefined && !Array.isArray(params)) return { kind: "refused", id, outcome: INVALID_PARAMETERS };
  return { kind: "call", id, method, params: params ?? [] };
}

async function run(call: Call, commands: RpcCommands): Promise<RpcOutcome> {
  if (call.kind === "refused") return call.outcome;
  const command = commands.get(call.method);
  return command === undefined ? METHOD_NOT_FOUND : command(call.params);
}

function replyTo(id: Id, outcome: RpcOutcome): RpcReply {
  const body = envelopePieces(id, outcome);
  if (outcome.kind !== "fault") return { status: 200, reason: "OK", body };
  return { status: statusOf(outcome.code), reason: outcome.message, body };
}

/** Fault codes that are HTTP statuses are repeated in the status line; the others are mistakes of the caller. */
const statusOf = (code: number): number => (code >= 400 && code <= 599 ? code : 400);

async function* envelopePieces(id: Id, outcome: RpcOutcome): AsyncGenerator<string> {
  const tail = id === undefined ? "}" : `,"id":${JSON.stringify(id)}}`;
  if (outcome.kind === "fault") {
    const { code, message } = outcome;
    yield `{"jsonrpc":"2.0","error":${JSON.stringify({ code, message })}${tail}`;
  } else if (outcome.kind === "result") {
    yield `{"jsonrpc":"2.0","result":${JSON.stringify(outcome.value)}${tail}`;
  } else {
    let head = `{"jsonrpc":"2.0","result":`;
    for await (const piece of outcome.pieces) {
      yield head + piece;
      head = "";
    }
    yield head + tail;
  }
}

/** One call after the other, each finished before the next starts: a batch costs no more memory than one call. */
async function* batchPieces(requests: readonly unknown[], commands: RpcCommands): AsyncGenerator<string> {
  let separator = "[";
  for (const request of requests) {
    const call = readCall(request);
    const outcome = await run(call, commands);
    yield separator;
    yield* envelopePieces(call.id, outcome);
    separator = ",";
  }
  yield "]";
}

/**
 * One JSON-RPC call to a running daemon.
 *
 * @module
 */
import { printable } from "../base/log.ts";

/** Where the daemon answers, and how to get in. */
export interface RpcTarget {
  /** Base of the admin listener, e.g. `http://127.0.0.1:9465`. */
  readonly url: string;
  /** Bearer token; `null` when the daemon asks for none. */
  readonly token: string | null;
  readonly fetch: typeof fetch;
}

/** A dump of a million contacts takes a while; a daemon that hangs takes longer. */
const ANSWER_WITHIN_MS = 60_000;

/** The daemon could not be asked, or refused. The message is for the person at the terminal. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly code = "RPC";
}

/**
 * Calls a method and returns its result.
 *
 * @throws {RpcError} when there is no answer, or the answer is a refusal or not JSON-RPC
 */
export async function callRpc(target: RpcTarget, method: string, params: readonly string[]): Promise<unknown> {
  const url = `${target.url.replace(/\/+$/, "")}/RPC`;
  const response = await post(target, url, JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }));
  if (response.status === 401 || response.status === 403) {
    throw new RpcError(`${url} refused (${response.status}): give the right --token or SIPULSE_ADMIN_TOKEN`);
  }
  let answer: unknown;
  try {
    answer = JSON.parse(await response.text());
  } catch {
    throw new RpcError(`${url} answered ${response.status} and no JSON: is this sipulse's admin address?`);
  }
  const { result, error } = (answer ?? {}) as { result?: unknown; error?: { code?: unknown; message?: unknown } };
  if (error !== undefined) throw new RpcError(`${method}: ${printable(String(error.message))} (${String(error.code)})`);
  if (result === undefined) throw new RpcError(`${url} answered ${response.status} and no result`);
  return result;
}

async function post({ token, fetch }: RpcTarget, url: string, body: string): Promise<Response> {
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (token !== null) headers["authorization"] = `Bearer ${token}`;
  try {
    return await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  } catch (error) {
    throw new RpcError(`cannot reach ${url} (${reasonOf(error)}): is sipulse running there?`, { cause: error });
  }
}

/** `fetch` hides the reason in the cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const { code, message } = cause as { code?: unknown; message?: unknown };
  return String(typeof code === "string" && code !== "" ? code : message);
}

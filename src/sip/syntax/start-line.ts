/**
 * Request-Line and Status-Line (RFC 3261 §7.1, §7.2): single spaces, nothing behind, one version.
 *
 * @module
 */
import { isAll, parseDigits, SP, TOKEN } from "./chars.ts";
import { type Problem, quotedBack } from "./errors.ts";

/** A start line; of a malformed request line, what could be read of it. */
export type StartLine =
  | {
      readonly kind: "request";
      readonly method: string;
      readonly requestUri: string;
      /** `null` when the line is as it must be. */
      readonly problem: Problem | null;
    }
  | { readonly kind: "response"; readonly status: number; readonly reason: string; readonly problem: Problem | null };

/** Our version. It is compared in any case (RFC 3261 §7.1). */
const VERSION = "SIP/2.0";

/**
 * Reads a start line without its CRLF.
 *
 * @param offset where the line starts in the message, for the problem
 */
export function readStartLine(line: string, offset: number): StartLine {
  return isStatusLine(line) ? readStatusLine(line, offset) : readRequestLine(line, offset);
}

/** A method cannot contain "/", so whatever starts with "SIP/" is, or pretends to be, a response. */
function isStatusLine(line: string): boolean {
  return line.startsWith("SIP/") || line.slice(0, 4).toUpperCase() === "SIP/";
}

/** `SIP/2.0 SP 3DIGIT [SP reason]`; the SP before an empty reason may be missing, as in some phones. */
function readStatusLine(line: string, offset: number): StartLine {
  const codeEnd = VERSION.length + 4;
  const status = parseDigits(line.slice(VERSION.length + 1, codeEnd), 699);
  const isVersion = line.slice(0, VERSION.length).toUpperCase() === VERSION && line.charCodeAt(VERSION.length) === SP;
  const isCode = status !== null && status >= 100 && (line.length === codeEnd || line.charCodeAt(codeEnd) === SP);
  const problem =
    isVersion && isCode ? null : malformed("A response must start with SIP/2.0 and 100 .. 699", line, offset);
  return { kind: "response", status: status ?? 0, reason: line.slice(codeEnd + 1), problem };
}

function readRequestLine(line: string, offset: number): StartLine {
  const methodEnd = line.indexOf(" ");
  const uriEnd = line.indexOf(" ", methodEnd + 1);
  if (methodEnd < 1 || uriEnd < 0 || !isAll(TOKEN, line, 0, methodEnd)) {
    const problem = malformed("A request must start with METHOD URI SIP/2.0", line, offset);
    return { kind: "request", method: "", requestUri: "", problem };
  }
  const method = line.slice(0, methodEnd);
  const requestUri = line.slice(methodEnd + 1, uriEnd);
  const problem = versionProblem(line, uriEnd + 1, offset) ?? uriProblem(requestUri, offset + methodEnd + 1);
  return { kind: "request", method, requestUri, problem };
}

function versionProblem(line: string, start: number, offset: number): Problem | null {
  const version = line.slice(start);
  if (version === VERSION || version.toUpperCase() === VERSION) return null;
  if (!/^SIP\/\d+\.\d+$/i.test(version)) return malformed("A request line must end in SIP/2.0", line, offset + start);
  const message = `The version must be ${VERSION}, got ${quotedBack(version)}`;
  return { reason: "version", message, offset: offset + start, status: 505 };
}

/** White space, "<" and ">" are no part of a Request-URI (RFC 3261 §7.1); the rest of its grammar is `parseUri`'s. */
function uriProblem(requestUri: string, offset: number): Problem | null {
  for (let i = 0; i < requestUri.length; i++) {
    const code = requestUri.charCodeAt(i);
    if (code <= SP || code === 0x3c || code === 0x3e) return uriMalformed(requestUri, offset + i);
  }
  return requestUri.length === 0 ? uriMalformed(requestUri, offset) : null;
}

function uriMalformed(requestUri: string, offset: number): Problem {
  const message = `A Request-URI must have neither <> nor white space, got ${quotedBack(requestUri)}`;
  return { reason: "uri", message, offset, status: 400 };
}

function malformed(rule: string, line: string, offset: number): Problem {
  return { reason: "start_line", message: `${rule}, got ${quotedBack(line)}`, offset, status: 400 };
}

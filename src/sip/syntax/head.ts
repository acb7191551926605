/**
 * The head of a message: start line and headers, and the first thing that is wrong with either.
 *
 * @module
 */
import { CR, LF } from "./chars.ts";
import { MessageParseError, type Problem } from "./errors.ts";
import type { Headers } from "./headers.ts";
import { indexHeaders } from "./index-headers.ts";
import { readStartLine, type StartLine } from "./start-line.ts";

/** Everything up to the blank line. */
export interface Head {
  readonly startLine: StartLine;
  readonly headers: Headers;
  /** First octet behind the blank line; the end of the text when there is no blank line. */
  readonly bodyStart: number;
  /** What is wrong first; `null` when nothing is. */
  readonly problem: Problem | null;
}

/**
 * Reads the head. Leading CRLFs are passed over (RFC 3261 §7.5).
 *
 * @throws {MessageParseError} only when there is no start line at all: "empty" or "truncated"
 */
export function readHead(text: string): Head {
  const start = skipLineEnds(text);
  if (start === text.length) throw new MessageParseError("empty", "A message must have a start line");
  const lineEnd = text.indexOf("\r\n", start);
  if (lineEnd < 0) throw new MessageParseError("truncated", "The start line must end in CRLF", { offset: text.length });
  const startLine = readStartLine(text.slice(start, lineEnd), start);
  const { headers, bodyStart, problem } = indexHeaders(text, lineEnd + 2);
  return { startLine, headers, bodyStart, problem: startLine.problem ?? problem };
}

function skipLineEnds(text: string): number {
  let start = 0;
  while (start + 1 < text.length && text.charCodeAt(start) === CR && text.charCodeAt(start + 1) === LF) start += 2;
  return start;
}

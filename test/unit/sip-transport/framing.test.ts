import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Frame, StreamFramer } from "../../../src/sip/transport/framing.ts";
import { options } from "./harness.ts";

/** Frames as short lines. */
function describeFrame(frame: Frame): string {
  if (frame.kind === "message") return `message ${frame.octets.toString("latin1")}`;
  return frame.kind === "malformed" ? `malformed ${frame.reason}` : frame.kind;
}

/** Everything a framer makes of `chunks`. */
function framesOf(chunks: readonly (string | Buffer)[]): string[] {
  const framer = new StreamFramer();
  const frames: string[] = [];
  for (const chunk of chunks) {
    // A copy without spare room around it, as a socket would hand it over.
    framer.push(Buffer.from(Buffer.from(chunk as string, "latin1")));
    for (let frame = framer.next(); frame !== null; frame = framer.next()) frames.push(describeFrame(frame));
  }
  return frames;
}

describe("a message on a stream", () => {
  test.each([
    { head: "Content-Length: 2\r\n", because: "the long form" },
    { head: "l: 2\r\n", because: "the compact form (RFC 3261 §7.3.3)" },
    { head: "L:2\r\n", because: "names are case-insensitive and the space is optional (RFC 3261 §7.3.1)" },
    { head: "CONTENT-LENGTH \t : 2  \r\n", because: "blanks may stand around the colon" },
    { head: "Content-Length:\r\n 2\r\n", because: "a value may be folded" },
    { head: "content-length: 0002\r\n", because: "leading zeros are digits" },
    { head: "Content-Lengths: 7\r\nContent-Length: 2\r\n", because: "a longer name is another header" },
    { head: "Contact: <sip:a@b>\r\n Content-Length: 7\r\nl: 2\r\n", because: "a folded line is no header" },
    { head: "Call-ID: l: 7\r\nl: 2\r\n", because: "a value is no header" },
  ])("is complete after two octets of body: $because", ({ head }) => {
    const text = `OPTIONS sip:b SIP/2.0\r\n${head}\r\nhi`;
    expect(framesOf([text])).toEqual([`message ${text}`]);
  });

  test("is found wherever it is split in two", () => {
    const text = `\r\n\r\n${options(5)}`;
    for (let at = 0; at <= text.length; at++) {
      expect(framesOf([text.slice(0, at), text.slice(at)]), `split at ${at}`).toEqual([
        "ping",
        `message ${options(5)}`,
      ]);
    }
  });

  test("is found when every octet comes alone", () => {
    expect(framesOf([...`${options(3)}\r\n\r\n${options(0)}`])).toEqual([
      `message ${options(3)}`,
      "ping",
      `message ${options(0)}`,
    ]);
  });

  test("is followed by the next one without a gap (RFC 3261 §18.3)", () => {
    expect(framesOf([options(4) + options(0) + options(9)])).toEqual(
      [4, 0, 9].map((length) => `message ${options(length)}`),
    );
  });

  test("of 65,535 octets is accepted, of one more it is not", () => {
    const largest = 65_535 - options(0).length - 4;
    expect(framesOf([options(largest)])).toEqual([`message ${options(largest)}`]);
    expect(framesOf([options(largest + 1)])).toEqual(["malformed size"]);
  });

  test("any sequence of frames survives any cutting into chunks", () => {
    const piece = fc.oneof(
      fc.nat({ max: 40 }).map((length) => options(length)),
      fc.constant("\r\n\r\n"),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 8 }),
        fc.array(fc.nat({ max: 60 }), { maxLength: 200 }),
        (pieces, cuts) => {
          const text = pieces.join("");
          const chunks: string[] = [];
          let from = 0;
          for (const length of cuts) {
            chunks.push(text.slice(from, from + length));
            from += length;
          }
          chunks.push(text.slice(from));
          expect(framesOf(chunks)).toEqual(pieces.map((each) => (each === "\r\n\r\n" ? "ping" : `message ${each}`)));
        },
      ),
    );
  });
});

describe("an empty line", () => {
  test.each([
    { text: "\r\n\r\n", frames: ["ping"], because: "two of them are a ping (RFC 5626 §4.4.1)" },
    { text: "\r\n", frames: [], because: "a single one may be half of a ping: wait" },
    { text: "\r\n\r", frames: [], because: "three octets may be a ping as well" },
    { text: "\r\n\r\n\r\n\r\n", frames: ["ping", "ping"], because: "four are two pings" },
    {
      text: `\r\n${options()}`,
      frames: ["pong", `message ${options()}`],
      because: "a single one is a pong or nothing (RFC 3261 §7.5)",
    },
    { text: "\r\n\rX", frames: ["pong", "malformed header"], because: "a CR alone begins nothing" },
  ])("$because", ({ text, frames }) => {
    expect(framesOf([text])).toEqual(frames);
    expect(framesOf([...text])).toEqual(frames);
  });

  test("does not count as a message that has begun", () => {
    const framer = new StreamFramer();
    framer.push(Buffer.from("\r\n"));
    expect([framer.next(), framer.isMidMessage]).toEqual([null, false]);
    framer.push(Buffer.from("O"));
    expect([framer.next()?.kind, framer.next(), framer.isMidMessage]).toEqual(["pong", null, true]);
  });
});

describe("a stream that cannot be read on", () => {
  const head = (headers: string): string => `REGISTER sip:b SIP/2.0\r\n${headers}\r\n`;
  test.each([
    { text: head("CSeq: 1 REGISTER\r\n"), reason: "content_length", because: "Content-Length is absent" },
    { text: head("l: -1\r\n"), reason: "content_length", because: "it is negative" },
    { text: head("l: 2\r\nContent-Length: 2\r\n"), reason: "content_length", because: "it is there twice" },
    { text: head("l: 2, 2\r\n"), reason: "content_length", because: "it is a list" },
    { text: head("l: 0x2\r\n"), reason: "content_length", because: "it is not decimal" },
    { text: head("l:\r\n"), reason: "content_length", because: "it is empty" },
    { text: head("l: 2 3\r\n"), reason: "content_length", because: "it is two numbers" },
    { text: head("l: 99999999999999999999\r\n"), reason: "content_length", because: "no number is that long" },
    { text: head("l: 65535\r\n"), reason: "size", because: "the announced body is too large" },
    { text: head(`X: ${"x".repeat(32_768)}\r\nl: 0\r\n`), reason: "size", because: "the head is too large" },
    { text: `REGISTER sip:b SIP/2.0\r\n${"X: y\r\n".repeat(6_000)}`, reason: "size", because: "the head does not end" },
    { text: "\x16\x03\x01\x02\x00", reason: "header", because: "this is a TLS hello" },
    { text: "\0\0\0\0", reason: "header", because: "zeros begin no message" },
    { text: " OPTIONS sip:b SIP/2.0\r\n", reason: "header", because: "a blank begins no message" },
  ])("says $reason: $because", ({ text, reason }) => {
    expect(framesOf([text, options()])).toEqual([`malformed ${reason}`]);
  });

  test("hands over the head alone, so that it can be answered", () => {
    const framer = new StreamFramer();
    framer.push(Buffer.from(`${head("l: x\r\n")}body`));
    expect(framer.next()).toMatchObject({ kind: "malformed", octets: Buffer.from(head("l: x\r\n")) });
  });

  test("gives what was complete before it", () => {
    expect(framesOf([`${options(3)}\0rubbish`])).toEqual([`message ${options(3)}`, "malformed header"]);
  });

  test("never throws and never keeps more than one message, whatever the octets are", () => {
    const soup = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc.constantFrom("\r\n", "l: 3\r\n", "\r\n\r\n", "A B\r\n", "l:"),
    );
    fc.assert(
      fc.property(fc.array(soup, { maxLength: 60 }), (chunks) => {
        const frames = framesOf(chunks.map((chunk) => Buffer.from(chunk as string)));
        const malformedAt = frames.findIndex((frame) => frame.startsWith("malformed"));
        expect(malformedAt === -1 || malformedAt === frames.length - 1).toBe(true);
      }),
    );
  });
});

describe("the cost of small chunks", () => {
  test("a message of 60,000 octets that comes one by one is searched and copied a constant number of times", () => {
    const text = options(20_000, `X: ${"x".repeat(30_000)}\r\n`);
    const { copy, indexOf } = Buffer.prototype;
    let touched = 0;
    Buffer.prototype.copy = function (this: Buffer, ...args: Parameters<typeof copy>) {
      const octets = copy.apply(this, args);
      touched += octets;
      return octets;
    } as typeof copy;
    Buffer.prototype.indexOf = function (this: Buffer, value: string | number | Uint8Array, from?: number) {
      touched += this.length - (from ?? 0);
      return indexOf.call(this, value, from);
    } as typeof indexOf;
    try {
      expect(framesOf([...text])).toEqual([`message ${text}`]);
    } finally {
      Object.assign(Buffer.prototype, { copy, indexOf });
    }
    expect(touched).toBeLessThan(text.length * 16);
  });
});

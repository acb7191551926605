import { describe, expect, test } from "vitest";
import type { SipRequest } from "../../../src/sip/syntax/message.ts";
import { openBench } from "./bench.ts";

const header = (request: SipRequest, name: string): string | null => request.headers.first(name);

describe("leaving", () => {
  test("stop() removes the binding and answers no more (RFC 3261 §10.2.2)", () => {
    const { phone, line, clock, grant, reply, probe, tally } = openBench();
    phone.start();
    grant(100);
    phone.stop();
    expect(header(line.last, "contact")).toContain(";expires=0;");
    expect(header(line.last, "expires")).toBe("0");
    expect(header(line.last, "cseq")).toBe("2 REGISTER");
    expect(phone.isAsking).toBe(true);
    reply(200);
    expect(phone.isAsking).toBe(false);
    probe();
    clock.advance(100_000);
    expect(tally.probesIgnored).toBe(1);
    expect(line.registers).toHaveLength(2);
    expect(clock.pending).toBe(0);
  });

  test("stop() before any registration sends nothing", () => {
    const { phone, line } = openBench();
    phone.stop();
    expect(line.registers).toHaveLength(0);
    expect(phone.state).toBe("stopped");
  });

  test("stop() while the first REGISTER is unanswered removes what may have been bound", () => {
    const { phone, line } = openBench();
    phone.start();
    phone.stop();
    expect(header(line.last, "expires")).toBe("0");
  });

  test("halt() leaves no timer behind", () => {
    const churn = { onlineMeanMs: 1_000, offlineMeanMs: 1_000, gracefulRatio: 1 };
    const { phone, clock, grant, line } = openBench({ group: { churn } });
    phone.start();
    grant(100);
    phone.halt();
    expect(clock.pending).toBe(0);
    expect(line.registers).toHaveLength(1);
  });

  test("a phone with churn says goodbye, comes back with the same Call-ID, and stays registered in between", () => {
    const churn = { onlineMeanMs: 60_000, offlineMeanMs: 10_000, gracefulRatio: 1 };
    const { phone, line, clock, grant, reply, states } = openBench({ group: { churn }, expiresS: 86_400 });
    phone.start();
    const callId = header(line.last, "call-id");
    grant(86_400);
    while (phone.state === "registered") clock.advance(100);
    expect(header(line.last, "expires")).toBe("0");
    reply(200);
    while (phone.state === "offline") clock.advance(100);
    expect(header(line.last, "expires")).toBe("86400");
    expect(header(line.last, "call-id")).toBe(callId);
    expect(header(line.last, "cseq")).toBe("3 REGISTER");
    grant(86_400);
    expect(states).toEqual(["registering", "registered", "offline", "registering", "registered"]);
  });

  test("a phone that falls silent sends nothing, and is back with a new Call-ID as after a reboot (RFC 3261 §10.2)", () => {
    const churn = { onlineMeanMs: 60_000, offlineMeanMs: 10_000, gracefulRatio: 0 };
    const { phone, line, clock, grant, probe, tally } = openBench({ group: { churn }, expiresS: 86_400 });
    phone.start();
    const callId = header(line.last, "call-id");
    const instance = /\+sip\.instance="[^"]+"/.exec(header(line.last, "contact") ?? "")?.[0];
    grant(86_400);
    while (phone.state === "registered") clock.advance(100);
    expect(line.registers).toHaveLength(1);
    probe();
    expect(tally.probesIgnored).toBe(1);
    while (phone.state === "offline") clock.advance(100);
    expect(header(line.last, "call-id")).not.toBe(callId);
    expect(header(line.last, "cseq")).toBe("1 REGISTER");
    expect(header(line.last, "contact")).toContain(instance);
  });
});

describe("a stream that breaks", () => {
  test("the phone waits, and registers when the line is back, with the address it has then", () => {
    const { phone, line, clock, grant, states, failures } = openBench({ transport: "tcp" });
    line.local = null;
    phone.start();
    expect(line.registers).toHaveLength(0);
    line.local = "127.0.0.1:50001";
    phone.lineUp();
    grant(100);
    line.local = null;
    phone.lineDown("connection lost");
    clock.advance(1_000_000);
    expect(line.registers).toHaveLength(1);
    line.local = "127.0.0.1:50002";
    phone.lineUp();
    expect(header(line.last, "contact")).toContain("@127.0.0.1:50002;transport=tcp>");
    expect(states).toEqual(["registering", "registered", "waiting", "registering"]);
    expect(failures).toEqual(["connection lost"]);
  });

  test("a line that comes up before the phone was started does not register it", () => {
    const { phone, line } = openBench({ transport: "tcp" });
    phone.lineUp();
    expect(line.registers).toHaveLength(0);
  });
});

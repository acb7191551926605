import { describe, expect } from "vitest";
import { elapsed, systemClock } from "../../src/base/clock.ts";
import type { BindingRow, ContactView } from "../../src/location/contact-view.ts";
import { type EngineHost, expectWell, hasIpv6, listenOn, type Phone } from "../fakes/engine-host.ts";
import { headerOf, registerText, replyText } from "../fakes/sip-text.ts";
import { INTERVAL_MS, register, test } from "../fakes/stage.ts";

/** The next request of the engine. */
async function nextProbe(phone: Phone): Promise<string> {
  return (await phone.inbox.nextRequest(3 * INTERVAL_MS)).toString("latin1");
}

const onlyView = (host: EngineHost): ContactView => {
  const [view, ...more] = host.views();
  if (view === undefined || more.length > 0) throw new RangeError("one contact was expected");
  return view;
};

/** CONTRACT: requests = responses + failures + in flight, and the RTT histogram counts the responses. */
async function expectBalance(host: EngineHost): Promise<void> {
  const metrics = await host.metrics();
  const ended = metrics.sum("keepaliveResponses") + metrics.sum("keepaliveFailures");
  expect(metrics.sum("keepaliveRequests")).toBe(ended + metrics.sum("keepaliveInFlight"));
  expect(metrics.observations("keepaliveRtt")).toBe(metrics.sum("keepaliveResponses"));
}

describe.concurrent("a registered phone over UDP", () => {
  test("gets a complete OPTIONS within one interval, over the flow it registered on (RFC 3261 §8.1.1)", async ({
    stage,
  }) => {
    const host = await stage.host();
    const phone = await stage.phone(host);
    const registeredMs = systemClock.monotonicMs();
    await register(phone, "<sip:a@192.0.2.1:9;ob>");
    const probe = await nextProbe(phone);
    expect(systemClock.monotonicMs() - registeredMs).toBeLessThan(1.5 * INTERVAL_MS);
    expect(phone.from.at(-1)).toBe(host.port("udp"));
    expect(probe.split("\r\n")[0]).toBe("OPTIONS sip:a@192.0.2.1:9;ob SIP/2.0");
    expect(headerOf(probe, "Via")).toMatch(
      new RegExp(`^SIP/2\\.0/UDP 127\\.0\\.0\\.1:${host.port("udp")};branch=z9hG4bK[0-9a-z]{30,};rport$`),
    );
    expect(headerOf(probe, "To")).toBe("<sip:alice@example.org>");
    expect(headerOf(probe, "From")).toMatch(/^<sip:keepalive@example\.org>;tag=.{8}/);
    expect(headerOf(probe, "Max-Forwards")).toBe("70");
    expect(headerOf(probe, "Content-Length")).toBe("0");
  });

  test("shows its round trip in the view and in the counters", async ({ stage }) => {
    const host = await stage.host();
    const phone = await stage.phone(host);
    await register(phone, "<sip:a@h>");
    const answerAfterMs = 80;
    const probe = await nextProbe(phone);
    await elapsed(systemClock, answerAfterMs);
    expect(await host.metric("keepaliveInFlight", "udp")).toBe(1);
    expect(onlyView(host)).toMatchObject({ state: "unknown", roundTripMs: null, lossRatio: null });
    await expectBalance(host);
    phone.send(replyText(probe));
    await expectWell(phone);
    const view = onlyView(host);
    expect(view).toMatchObject({ state: "reachable", missesInARow: 0, lossRatio: 0, jitterMs: null });
    // The timer of the test may fire a little early; how late, the machine decides.
    expect(view.roundTripMs).toBeGreaterThan(answerAfterMs - 2);
    expect(view.roundTripMs).toBeLessThan(answerAfterMs + 200);
    expect(await host.metric("keepaliveRequests", "example.org", "udp", "OPTIONS")).toBe(1);
    expect(await host.metric("keepaliveResponses", "example.org", "udp", "OPTIONS", "200")).toBe(1);
    expect(await host.metric("keepaliveContacts", "example.org", "udp", "reachable")).toBe(1);
    expect(await host.metric("keepaliveInFlight", "udp")).toBe(0);
    await expectBalance(host);
  });

  test.for([
    { line: "SIP/2.0 404 Not Found", code: "404" },
    { line: "SIP/2.0 486 Busy Here", code: "486" },
    { line: "SIP/2.0 603", code: "603" },
  ])("is alive with any final answer: $line", async ({ line, code }, { stage }) => {
    const host = await stage.host();
    const phone = await stage.phone(host);
    await register(phone, "<sip:a@h>");
    phone.send(replyText(await nextProbe(phone), line));
    await expectWell(phone);
    expect(onlyView(host).state).toBe("reachable");
    expect(await host.metric("keepaliveResponses", "example.org", "udp", "OPTIONS", code)).toBe(1);
  });

  test("that answers twice is counted once, and its second answer as a duplicate", async ({ stage }) => {
    const host = await stage.host();
    const phone = await stage.phone(host);
    await register(phone, "<sip:a@h>");
    const reply = replyText(await nextProbe(phone));
    phone.send(reply);
    await expectWell(phone);
    const { roundTripMs } = onlyView(host);
    phone.send(reply);
    phone.send(reply.replace("200 OK", "486 Busy"));
    await expectWell(phone);
    expect(onlyView(host).roundTripMs).toBe(roundTripMs);
    expect(await host.metric("keepaliveDuplicateResponses")).toBe(2);
    expect(await host.metric("keepaliveResponses")).toBe(1);
    await expectBalance(host);
  });

  test("that sends 100 first is timed by its 200", async ({ stage }) => {
    const host = await stage.host();
    const phone = await stage.phone(host);
    await register(phone, "<sip:a@h>");
    const probe = await nextProbe(phone);
    phone.send(replyText(probe, "SIP/2.0 100 Trying"));
    await expectWell(phone);
    expect(onlyView(host)).toMatchObject({ state: "unknown", roundTripMs: null });
    phone.send(replyText(probe));
    await expectWell(phone);
    expect(onlyView(host).state).toBe("reachable");
    expect(await host.metric("keepaliveResponses")).toBe(1);
    expect(
      (await host.metric("keepaliveDuplicateResponses")) + (await host.metric("keepaliveUnmatchedResponses")),
    ).toBe(0);
  });

  test("that answers too late is lost, and its answer counted as late", async ({ stage, expect }) => {
    const host = await stage.host({ keepalive: { probeTimeoutMs: 100, unreachableAfter: 1 } });
    const phone = await stage.phone(host);
    await register(phone, "<sip:a@h>");
    const probe = await nextProbe(phone);
    await expect.poll(() => host.metric("keepaliveFailures", "example.org", "udp", "OPTIONS", "timeout")).toBe(1);
    phone.send(replyText(probe));
    await expectWell(phone);
    expect(await host.metric("keepaliveLateResponses")).toBe(1);
    expect(await host.metric("keepaliveResponses")).toBe(0);
    expect(onlyView(host)).toMatchObject({ state: "unreachable", missesInARow: 1, roundTripMs: null, lossRatio: 1 });
    await expectBalance(host);
  });

  test.for([
    { what: "from another socket", reason: "wrong_source", isElsewhere: true, edit: (reply: string) => reply },
    {
      what: "with another branch",
      reason: "bad_token",
      isElsewhere: false,
      edit: (reply: string) => reply.replace(/.;rport/, "!;rport"),
    },
    {
      what: "with one digit of the branch changed",
      reason: "bad_token",
      isElsewhere: false,
      edit: (reply: string) => reply.replace(/(.);rport/, (_, digit) => `${digit === "0" ? "1" : "0"};rport`),
    },
    {
      what: "with a CSeq of another method",
      reason: "bad_token",
      isElsewhere: false,
      edit: (reply: string) => reply.replace("1 OPTIONS", "1 INFO"),
    },
    {
      what: "with a second Via",
      reason: "bad_token",
      isElsewhere: false,
      edit: (reply: string) => reply.replace("From:", "Via: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom:"),
    },
  ])(
    "is not believed when the answer comes $what ($reason), and still is when the right one follows",
    async ({ reason, isElsewhere, edit }, { stage }) => {
      const host = await stage.host();
      const phone = await stage.phone(host);
      const sender = isElsewhere ? await stage.phone(host) : phone;
      await register(phone, "<sip:a@h>");
      const reply = replyText(await nextProbe(phone));
      sender.send(edit(reply));
      await expectWell(sender);
      expect(await host.metric("keepaliveUnmatchedResponses", "udp", reason)).toBe(1);
      expect(onlyView(host)).toMatchObject({ state: "unknown", roundTripMs: null });
      phone.send(`\r\n${reply}`);
      await expectWell(phone);
      expect(onlyView(host).state).toBe("reachable");
      expect(await host.metric("keepaliveResponses")).toBe(1);
      await expectBalance(host);
    },
  );

  test("gets its Path as Route, and neither Path nor Contact nor received makes a third address hear of it (C5)", async ({
    stage,
  }) => {
    const host = await stage.host();
    const phone = await stage.phone(host);
    const third = await stage.phone(host);
    const there = `127.0.0.1:${third.port}`;
    const headers = [`Path: <sip:${there};lr;received=sip:${there}>`, "Supported: path"];
    await register(phone, `<sip:a@${there};received=sip:${there}>;received="sip:${there}"`, { headers, sentBy: there });
    await register(phone, "<sip:b@no-such-host.invalid>", { headers: [] });
    const probes = [await nextProbe(phone), await nextProbe(phone)];
    expect(probes.map((probe) => headerOf(probe, "Route")).sort()).toEqual([headers[0]?.slice(6), null].sort());
    expect(third.inbox.all).toEqual([]);
  });

  test("that registers again from another port is probed there, and nowhere else", async ({ stage }) => {
    const host = await stage.host();
    const [old, moved] = [await stage.phone(host), await stage.phone(host)];
    await register(old, "<sip:a@h>");
    await register(moved, "<sip:a@h>");
    expect(onlyView(host).flow).toBe(`udp:127.0.0.1:${moved.port}`);
    await nextProbe(moved);
    expect(old.inbox.waiting).toEqual([]);
  });

  test("that unregisters is left alone: no probe is in flight, none follows", async ({ stage }) => {
    const host = await stage.host();
    const phone = await stage.phone(host);
    await register(phone, "<sip:a@h>");
    await nextProbe(phone);
    await register(phone, "<sip:a@h>;expires=0");
    expect(await host.metric("keepaliveInFlight", "udp")).toBe(0);
    expect(await host.metric("keepaliveFailures", "example.org", "udp", "OPTIONS", "cancelled")).toBe(1);
    expect(await host.metric("keepaliveContacts")).toBe(0);
    await elapsed(systemClock, 1.2 * INTERVAL_MS);
    expect(phone.inbox.waiting).toEqual([]);
    await expectBalance(host);
  });

  test("expires by itself, and the journal says so", async ({ stage, expect }) => {
    const host = await stage.host({ minExpiresS: 1 });
    const phone = await stage.phone(host);
    await register(phone, "<sip:a@h>;expires=1");
    const { ruid } = onlyView(host);
    await expect.poll(() => host.views().length, { timeout: 4_000 }).toBe(0);
    await expect.poll(() => host.journal.at(-1)).toEqual({ kind: "removed", ruid });
    expect(await host.metric("registrarBindingEvents", "example.org", "udp", "expired")).toBe(1);
    expect(await host.metric("registrarBindings")).toBe(0);
  });
});

test.skipIf(!hasIpv6)(
  `over IPv6 a phone is probed and believed${hasIpv6 ? "" : " (skipped: this machine has no ::1)"}`,
  async ({ stage }) => {
    const host = await stage.host({ listen: [listenOn("udp", "::1")] });
    const phone = await stage.phone(host, "::1");
    await register(phone, `<sip:a@[::1]:${phone.port}>`);
    const probe = await nextProbe(phone);
    expect(headerOf(probe, "Via")).toContain(`SIP/2.0/UDP [::1]:${host.port("udp")};branch=`);
    phone.send(replyText(probe));
    await expectWell(phone);
    expect(onlyView(host)).toMatchObject({ state: "reachable", flow: `udp:[::1]:${phone.port}` });
  },
);

describe.concurrent("a registered phone over TCP", () => {
  test("is probed over its connection, and unreachable as soon as that closes (RFC 5626 §5.3)", async ({
    stage,
    expect,
  }) => {
    const host = await stage.host();
    const phone = await stage.tcpPhone(host);
    await register(phone, "<sip:a@h;transport=tcp>", { transport: "TCP" });
    const probe = await nextProbe(phone);
    expect(headerOf(probe, "Via")).toContain(`SIP/2.0/TCP 127.0.0.1:${host.port("tcp")};branch=`);
    phone.send(replyText(probe));
    await expectWell(phone, "TCP");
    expect(onlyView(host)).toMatchObject({ state: "reachable", transport: "tcp" });
    await nextProbe(phone);
    expect(await host.metric("keepaliveInFlight", "tcp")).toBe(1);
    phone.close();
    await expect.poll(() => onlyView(host).state, { interval: 5 }).toBe("unreachable");
    expect(await host.metric("keepaliveFailures", "example.org", "tcp", "OPTIONS", "connection_closed")).toBe(1);
    expect(await host.metric("keepaliveInFlight", "tcp")).toBe(0);
    expect(onlyView(host).connectionId).toBe(-1);
    await expectBalance(host);
  });

  test("that comes back over a new connection is reachable again", async ({ stage, expect }) => {
    const host = await stage.host();
    const first = await stage.tcpPhone(host);
    await register(first, "<sip:a@h;transport=tcp>", { transport: "TCP" });
    first.close();
    await expect.poll(() => onlyView(host).state).toBe("unreachable");
    const second = await stage.tcpPhone(host);
    await register(second, "<sip:a@h;transport=tcp>", { transport: "TCP" });
    second.send(replyText(await nextProbe(second)));
    await expectWell(second, "TCP");
    expect(onlyView(host).state).toBe("reachable");
  });
});

/** A binding as storage kept it. */
function aRow(fields: Partial<BindingRow>): BindingRow {
  const wallMs = systemClock.wallMs();
  return {
    ...{ ruid: "uloc-5f000000-0badcafe-3", aor: "alice@example.org", address: "sip:a@h", received: null, path: null },
    ...{ expiresAtWallMs: wallMs + 600_000, qThousandths: 700, callId: "stored", cseq: 9, isNated: true },
    ...{ lastModifiedWallMs: wallMs - 60_000, userAgent: "phone", socket: "udp:198.51.100.1:5060", methods: 512 },
    ...{ flow: "udp:127.0.0.1:9", instance: null, regId: 0, serverId: 0, connectionId: -1 },
    ...fields,
  };
}

describe.concurrent("restored bindings", () => {
  test("are probed over the flow that was stored, and keep their ruid over a refresh", async ({ stage, expect }) => {
    const phone = await stage.phoneAt(9);
    const host = await stage.host({ listen: [listenOn("udp")] }, [aRow({ flow: `udp:127.0.0.1:${phone.port}` })]);
    const probe = await nextProbe(phone);
    expect(probe.split("\r\n")[0]).toBe("OPTIONS sip:a@h SIP/2.0");
    phone.sendTo(host.port("udp"), replyText(probe));
    await expect.poll(() => onlyView(host).state).toBe("reachable");
    expect(onlyView(host)).toMatchObject({
      ruid: "uloc-5f000000-0badcafe-3",
      callId: "stored",
      cseq: 9,
      qThousandths: 700,
    });
    phone.sendTo(host.port("udp"), registerText(["<sip:a@h>"], { callId: "stored", cseq: 9 }));
    expect((await phone.inbox.nextAnswer()).toString("latin1", 0, 11)).toBe("SIP/2.0 400");
    phone.sendTo(host.port("udp"), registerText(["<sip:a@h>"], { callId: "stored", cseq: 10 }));
    expect((await phone.inbox.nextAnswer()).toString("latin1", 0, 11)).toBe("SIP/2.0 200");
    expect(onlyView(host)).toMatchObject({ ruid: "uloc-5f000000-0badcafe-3", cseq: 10 });
  });

  test("are not taken when their time is up, or their flow makes no sense", async ({ stage }) => {
    const host = await stage.host({}, [
      aRow({ ruid: "uloc-1-1-0", expiresAtWallMs: systemClock.wallMs() - 1 }),
      aRow({ ruid: "uloc-1-1-1", flow: "carrier pigeon" }),
      aRow({ ruid: "uloc-1-1-2" }),
    ]);
    expect(host.views().map(({ ruid }) => ruid)).toEqual(["uloc-1-1-2"]);
  });

  test("restore() counts what has not expired", async ({ stage }) => {
    const rows = [aRow({}), aRow({ expiresAtWallMs: systemClock.wallMs() - 1 })];
    expect((await stage.host()).engine.restore(rows)).toBe(1);
  });

  test("over a stream wait for the phone to come back: nothing is dialled, the skipped probe is counted", async ({
    stage,
  }) => {
    const host = await stage.host({}, [aRow({ flow: "tcp:127.0.0.1:9", connectionId: 7 })]);
    await expect
      .poll(() => host.metric("keepaliveSkipped", "example.org", "tcp", "no_flow"), { timeout: 3_000 })
      .toBe(1);
    expect(await host.metric("keepaliveRequests")).toBe(0);
  });
});

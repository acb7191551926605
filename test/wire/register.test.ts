import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import {
  EngineHost,
  expectWell,
  type HostSettings,
  hasIpv6,
  listenOn,
  openTcpPhone,
  openUdpPhone,
  type Phone,
  type TcpPhone,
  type UdpPhone,
} from "../fakes/engine-host.ts";
import { headerOf, registerText, requestText, responseOf } from "../fakes/sip-text.ts";

let host: EngineHost;
let aors = 0;
/** An AoR of its own for each test, so that they share one engine. */
let to: string;

beforeAll(async () => {
  host = await EngineHost.open();
});
afterAll(() => host.stop());
beforeEach(() => {
  to = `<sip:user${++aors}@example.org>`;
});

/** A phone that is closed when the test is over. */
async function udpPhone(address?: string): Promise<UdpPhone> {
  const phone = await openUdpPhone(host.port("udp"), address);
  onTestFinished(() => phone.close());
  return phone;
}

async function tcpPhone(): Promise<TcpPhone> {
  const phone = await openTcpPhone(host.port("tcp"));
  onTestFinished(() => phone.close());
  return phone;
}

async function ask(phone: Phone, text: string): Promise<string> {
  phone.send(text);
  return (await phone.inbox.nextAnswer()).toString("latin1");
}

const statusOf = (text: string): number => responseOf(Buffer.from(text, "latin1")).status;

const mine = () => host.views().filter(({ aor }) => to.includes(aor));

describe("REGISTER over UDP", () => {
  test("binds the contact, tells it back, and the table shows where it came from", async () => {
    const phone = await udpPhone();
    const text = registerText([`<sip:a@127.0.0.1:${phone.port};ob>;q=0.5;expires=120`], {
      to,
      sentBy: `127.0.0.1:${phone.port}`,
    });
    const answer = await ask(phone, text);
    expect(statusOf(answer)).toBe(200);
    expect(headerOf(answer, "Contact")).toBe(`<sip:a@127.0.0.1:${phone.port};ob>;q=0.5;expires=120`);
    expect(headerOf(answer, "Date")).toMatch(/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/);
    expect(mine()).toMatchObject([
      {
        ...{ address: `sip:a@127.0.0.1:${phone.port};ob`, expiresInS: 120, qThousandths: 500, received: null },
        ...{ flow: `udp:127.0.0.1:${phone.port}`, socket: `udp:127.0.0.1:${host.port("udp")}`, isNated: false },
        ...{ transport: "udp", connectionId: -1, state: "unknown", roundTripMs: null },
      },
    ]);
  });

  test("the answer leaves from the port that was asked, to the port that asked, and says which (RFC 3581 §4)", async () => {
    const phone = await udpPhone();
    const answer = await ask(phone, registerText([], { to, sentBy: "10.1.2.3:5099", branch: "z9hG4bKrport" }));
    expect(phone.from).toEqual([host.port("udp")]);
    expect(headerOf(answer, "Via")).toBe(
      `SIP/2.0/UDP 10.1.2.3:5099;branch=z9hG4bKrport;rport=${phone.port};received=127.0.0.1`,
    );
  });

  test("a retransmission gets the same octets, moves no counter of bindings, and is journaled once", async () => {
    const phone = await udpPhone();
    const text = registerText(["<sip:a@h>"], { to });
    const created = () => host.metric("registrarBindingEvents", "example.org", "udp", "created");
    const requests = () => host.metric("registrarRequests", "example.org", "udp");
    const before = { created: await created(), requests: await requests() };
    const first = await ask(phone, text);
    const table = host.table();
    for (let i = 0; i < 3; i++) expect(await ask(phone, text)).toBe(first);
    expect(host.table()).toEqual(table);
    expect({ created: await created(), requests: await requests() }).toEqual({
      created: before.created + 1,
      requests: before.requests + 1,
    });
    await expect
      .poll(() => host.journal.filter((entry) => entry.kind === "stored" && to.includes(entry.row.aor)))
      .toHaveLength(1);
  });

  test("the same REGISTER with a new branch, as after a lost answer, changes nothing either", async () => {
    const phone = await udpPhone();
    const fields = { to, callId: "again", cseq: 4 };
    await ask(phone, registerText(["<sip:a@h>"], fields));
    const table = host.table();
    expect(statusOf(await ask(phone, registerText(["<sip:a@h>;expires=99"], fields)))).toBe(200);
    expect(host.table()).toEqual(table);
  });

  test("a refresh keeps the ruid; removal and a new registration make a new one", async () => {
    const phone = await udpPhone();
    const ruids: string[] = [];
    for (const value of [
      "<sip:a@h>",
      "<sip:A-host-has-no-case@H>;expires=0",
      "<sip:a@H>",
      "<sip:a@h>;expires=0",
      "<sip:a@h>",
    ]) {
      expect(statusOf(await ask(phone, registerText([value], { to })))).toBe(200);
      ruids.push(mine()[0]?.ruid ?? "none");
    }
    expect(ruids[1]).toBe(ruids[0]);
    expect(ruids[2]).toBe(ruids[0]);
    expect(ruids[3]).toBe("none");
    expect(["none", ruids[0]]).not.toContain(ruids[4]);
  });

  test("a request that fails changes nothing at all", async () => {
    const phone = await udpPhone();
    await ask(phone, registerText(["<sip:a@h>", "<sip:b@h>"], { to, callId: "one", cseq: 7 }));
    const table = host.table();
    const failing = [
      registerText(["<sip:c@h>", "<sip:a@h>"], { to, callId: "one", cseq: 6 }),
      registerText(["<sip:a@h>;expires=0", "<sip:d@h>;expires=5"], { to, callId: "two" }),
      registerText(["*"], { to, callId: "one", cseq: 6, headers: ["Expires: 0"] }),
      registerText(["*"], { to, callId: "two" }),
      registerText(["<sip:c@h>", "<sip:d@h:0>"], { to, callId: "two" }),
      registerText(["<sip:c@h>"], { to, callId: "two", headers: ["Require: nothing"] }),
      registerText(["<sip:c@h>"], { to, callId: "two", headers: ["Path: <sip:p;lr>"] }),
      registerText([Array.from({ length: 11 }, (_, i) => `<sip:${i}@h>`).join(",")], { to, callId: "two" }),
    ];
    const statuses: number[] = [];
    for (const text of failing) statuses.push(statusOf(await ask(phone, text)));
    expect(statuses).toEqual([400, 423, 400, 400, 400, 420, 420, 503]);
    expect(host.table()).toEqual(table);
  });

  test("contacts removed and bound in one request never bring the engine down", async () => {
    const phone = await udpPhone();
    await ask(phone, registerText(["<sip:a@h>"], { to }));
    for (const contacts of [["<sip:a@h>;expires=0, <sip:a@h>;expires=0"], ["<sip:a@h>;expires=0", "<sip:a@h>"]]) {
      expect(statusOf(await ask(phone, registerText(["<sip:a@h>"], { to })))).toBe(200);
      expect(statusOf(await ask(phone, registerText(contacts, { to })))).toBe(200);
      await expectWell(phone);
    }
  });

  test("an ACK and responses are never answered", async () => {
    const phone = await udpPhone();
    phone.send(requestText({ method: "ACK" }));
    phone.send("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nCSeq: 1 OPTIONS\r\n\r\n");
    phone.send("SIP/2.0 999 Nothing\r\n\r\n");
    await expectWell(phone);
    expect(phone.inbox.all).toHaveLength(1);
  });

  test.skipIf(!hasIpv6)(
    `over IPv6 the flow and Via carry ::1${hasIpv6 ? "" : " (skipped: this machine has no ::1)"}`,
    async () => {
      const six = await EngineHost.open({ listen: [listenOn("udp", "::1")] });
      onTestFinished(() => six.stop());
      const phone = await openUdpPhone(six.port("udp"), "::1");
      onTestFinished(() => phone.close());
      const fields = { sentBy: `[::1]:${phone.port}`, branch: "z9hG4bK6" };
      const answer = await ask(phone, registerText([`<sip:a@[0:0::1]:${phone.port}>`], fields));
      expect(headerOf(answer, "Via")).toBe(
        `SIP/2.0/UDP [::1]:${phone.port};branch=z9hG4bK6;rport=${phone.port};received=::1`,
      );
      expect(six.views()).toMatchObject([{ flow: `udp:[::1]:${phone.port}`, received: null, isNated: false }]);
    },
  );
});

describe("the operator's choices over the wire", () => {
  async function statusWith(settings: HostSettings, text: string): Promise<number> {
    const own = await EngineHost.open({ listen: [listenOn("udp")], ...settings });
    const phone = await openUdpPhone(own.port("udp"));
    try {
      return statusOf(await ask(phone, text));
    } finally {
      phone.close();
      await own.stop();
    }
  }

  test.each([
    { settings: { domains: ["example.org"] }, text: registerText(["<sip:a@h>"]), status: 200, because: "our domain" },
    {
      settings: { domains: ["other.test"] },
      text: registerText(["<sip:a@h>"]),
      status: 404,
      because: "not our domain",
    },
    {
      settings: { minExpiresS: 600 },
      text: registerText(["<sip:a@h>;expires=599"]),
      status: 423,
      because: "too brief",
    },
    {
      settings: { path: "required" as const },
      text: registerText(["<sip:a@h>"]),
      status: 421,
      because: "Path is demanded",
    },
    {
      settings: { maxContactsPerAor: 1 },
      text: registerText(["<sip:a@h>", "<sip:b@h>"]),
      status: 503,
      because: "one too many",
    },
    {
      settings: { maxContacts: 1 },
      text: registerText(["<sip:a@h>", "<sip:b@h>"]),
      status: 503,
      because: "the table is full",
    },
  ])("$settings -> $status: $because", async ({ settings, text, status }) => {
    expect(await statusWith(settings, text)).toBe(status);
  });

  test("reload() changes them while the engine runs", async () => {
    const own = await EngineHost.open({ listen: [listenOn("udp")] });
    onTestFinished(() => own.stop());
    const phone = await openUdpPhone(own.port("udp"));
    onTestFinished(() => phone.close());
    const text = () => registerText(["<sip:a@h>;expires=60"]);
    expect(statusOf(await ask(phone, text()))).toBe(200);
    own.reload({ minExpiresS: 61 });
    expect(statusOf(await ask(phone, text()))).toBe(423);
  });
});

describe("REGISTER over TCP", () => {
  test("is answered on the same connection, and the contact hangs on it", async () => {
    const phone = await tcpPhone();
    const answer = await ask(phone, registerText(["<sip:a@h;transport=tcp>"], { to, transport: "TCP" }));
    expect(statusOf(answer)).toBe(200);
    const [view] = mine();
    expect(view).toMatchObject({
      transport: "tcp",
      flow: `tcp:127.0.0.1:${phone.port}`,
      received: `sip:127.0.0.1:${phone.port};transport=tcp`,
    });
    expect(view?.connectionId).toBeGreaterThan(0);
  });

  test("may arrive split at any octet", async () => {
    const phone = await tcpPhone();
    const text = registerText(["<sip:a@h>"], { to, transport: "TCP" });
    for (let at = 1; at < text.length; at++) {
      const request = text.replace("branch=z9hG4bK", `branch=z9hG4bK${at}x`);
      phone.send(request.slice(0, at));
      // The engine reads the first part alone: it shares this thread, so it has its turn before the rest is sent.
      await new Promise((resolve) => setImmediate(resolve));
      phone.send(request.slice(at));
      expect(statusOf((await phone.inbox.nextAnswer()).toString("latin1"))).toBe(200);
    }
    expect(mine()).toHaveLength(1);
  });

  test("may arrive octet by octet", async () => {
    const phone = await tcpPhone();
    for (const octet of registerText(["<sip:a@h>"], { to, transport: "TCP" })) phone.send(octet);
    expect(statusOf((await phone.inbox.nextAnswer()).toString("latin1"))).toBe(200);
  });

  test("may arrive many at a time, and the answers keep the order", async () => {
    const phone = await tcpPhone();
    const callIds = Array.from({ length: 20 }, (_, i) => `pipelined-${i}`);
    phone.send(callIds.map((callId) => registerText([], { to, callId, transport: "TCP" })).join(""));
    const answered: (string | null)[] = [];
    for (let i = 0; i < callIds.length; i++) {
      answered.push(headerOf((await phone.inbox.nextAnswer()).toString("latin1"), "Call-ID"));
    }
    expect(answered).toEqual(callIds);
  });

  test("a body is no part of the next request, and CRLFs between requests are fine (RFC 5626 §4.4.1)", async () => {
    const phone = await tcpPhone();
    const body = registerText(["<sip:inside@h>"], { to, transport: "TCP" });
    phone.send(
      `\r\n${registerText(["<sip:a@h>"], { to, transport: "TCP", body })}\r\n\r\n${requestText({ transport: "TCP" })}`,
    );
    expect(headerOf((await phone.inbox.nextAnswer()).toString("latin1"), "CSeq")).toBe("1 REGISTER");
    expect(headerOf((await phone.inbox.nextAnswer()).toString("latin1"), "CSeq")).toBe("1 OPTIONS");
    expect(mine()).toMatchObject([{ address: "sip:a@h" }]);
  });

  test.each([
    { what: "no Content-Length", edit: (text: string) => text.replace(/Content-Length:.*\r\n/, "") },
    {
      what: "a negative Content-Length",
      edit: (text: string) => text.replace("Content-Length: 0", "Content-Length: -1"),
    },
    {
      what: "two Content-Lengths",
      edit: (text: string) => text.replace("Content-Length: 0", "Content-Length: 0\r\nl: 0"),
    },
  ])("with $what is answered 400, changes nothing, and ends the connection (RFC 3261 §18.3)", async ({ edit }) => {
    const phone = await tcpPhone();
    const table = host.table();
    const answer = await ask(phone, edit(registerText(["<sip:a@h>"], { to, transport: "TCP" })));
    expect(statusOf(answer)).toBe(400);
    await phone.hungUp;
    expect(host.table()).toEqual(table);
  });

  test("a phone that goes away in the middle leaves nothing behind", async () => {
    const phone = await tcpPhone();
    const connections = await host.metric("transportConnections", "tcp");
    phone.send(registerText(["<sip:a@h>"], { to, transport: "TCP" }).slice(0, 100));
    await new Promise((resolve) => setImmediate(resolve));
    phone.close();
    await expect.poll(() => host.metric("transportConnections", "tcp")).toBe(connections - 1);
    expect(mine()).toEqual([]);
  });
});

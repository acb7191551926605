import { describe, expect, test } from "vitest";
import { type ViewParts, viewOf } from "../../../src/keepalive/view.ts";
import { aContact, aStream } from "../../fakes/contacts.ts";
import { openProbing } from "../../fakes/probing.ts";

function open() {
  const probing = openProbing();
  const { clock, table, heartbeats } = probing;
  const parts: ViewParts = { clock, table, heartbeats, socketName: (socket) => `udp:198.51.100.1:${5_060 + socket}` };
  return { ...probing, view: (slot: number) => viewOf(slot, parts) };
}

describe("viewOf()", () => {
  test("a contact that was never probed: its registration, and null for what is not known", () => {
    const { location, table, view } = open();
    const slot = location.store(aContact({ path: "<sip:p;lr>", flow: aStream(3, { remoteAddress: "2001:db8::9" }) }));
    expect(view(slot)).toEqual({
      ruid: table.text(slot).ruid,
      aor: "alice@example.org",
      address: "sip:alice@192.0.2.7:5060",
      expiresInS: 3_600,
      qThousandths: -1,
      callId: "969f6c5bdb870137",
      cseq: 1,
      userAgent: "baresip v1.0.0 (x86_64/linux)",
      received: null,
      path: "<sip:p;lr>",
      socket: "udp:198.51.100.1:5061",
      flow: "tcp:[2001:db8::9]:40003",
      transport: "tcp",
      methods: 4_294_967_295,
      instance: null,
      regId: 0,
      serverId: 0,
      connectionId: 3,
      isNated: false,
      lastModifiedWallMs: 1_800_000_000_000,
      state: "unknown",
      lastSentWallMs: null,
      lastAnsweredWallMs: null,
      roundTripMs: null,
      smoothedRoundTripMs: null,
      jitterMs: null,
      lossRatio: null,
      missesInARow: 0,
    });
  });

  test("an answered contact: when, how fast, and reachable", () => {
    const { clock, location, runToProbe, answer, run, view } = open();
    const slot = location.store(aContact());
    const probe = runToProbe();
    run(20);
    answer(probe);
    const answeredWallMs = clock.wallMs();
    run(500);
    expect(view(slot)).toMatchObject({
      state: "reachable",
      lastSentWallMs: answeredWallMs - 20,
      lastAnsweredWallMs: answeredWallMs,
      roundTripMs: 20,
      smoothedRoundTripMs: 20,
      jitterMs: null,
      lossRatio: 0,
    });
  });

  test("after a step of the wall clock, times are told by the new one: ages stay right", () => {
    const { clock, location, runToProbe, answer, view } = open();
    const slot = location.store(aContact());
    answer(runToProbe());
    clock.stepWall(-86_400_000);
    expect(view(slot).lastAnsweredWallMs).toBe(clock.wallMs());
  });

  test.each([
    { leftMs: 3_599_001, expiresInS: 3_600, because: "rounded up" },
    { leftMs: 1, expiresInS: 1, because: "not yet over" },
    { leftMs: 0, expiresInS: 0, because: "over" },
    { leftMs: -700, expiresInS: 0, because: "overdue, never negative" },
  ])("with $leftMs ms left it expires in $expiresInS s: $because", ({ leftMs, expiresInS }) => {
    const { clock, location, view } = open();
    const slot = location.store(aContact({ expiresAtMs: clock.monotonicMs() + leftMs }));
    expect(view(slot).expiresInS).toBe(expiresInS);
  });
});

/**
 * The `ul.*` commands beside the Kamailio they imitate: the same octets sent to both, the same questions put to both.
 *
 * @module
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeReal } from "../support/real.ts";
import { type RunningKamailio, startKamailio } from "./support/kamailio.ts";
import { RawPhones, type Registration } from "./support/raw-phones.ts";
import { shapeOf } from "./support/shape.ts";
import { callRpc, IN_MEMORY, type RunningDaemon, startDaemon, type UlContact } from "./support/sipulse.ts";
import { until } from "./support/until.ts";

const TIMEOUT_MS = 60_000;

/** Phones that differ in what they send, and so in what is shown of them. */
const phonesOn = (port: number): Readonly<Record<string, Registration>> => ({
  plain: {},
  rich: {
    contactParams: ';q=0.5;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000a95a0e128>"',
    headers: ['User-Agent: Phone "7" \\ (test)', "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS"],
    cseq: 4_711,
  },
  proxied: { headers: ["Supported: path", `Path: <sip:127.0.0.1:${port};lr>`] },
  natted: { contactUri: "sip:natted@192.168.7.7:5062" },
});
const NAMES = ["plain", "rich", "proxied", "natted"] as const;

/** Fields that follow from the octets of the REGISTER and the address it came from; both must show them alike. */
const GIVEN_FIELDS = [
  ...["Address", "Q", "Call-ID", "CSeq", "User-Agent", "Received", "Path", "State", "CFlags"],
  ...["Methods", "Instance", "Reg-Id", "Server-Id", "Tcpconn-Id"],
] as const;

interface Lookup {
  readonly result: { readonly AoR: string; readonly Contacts: ReadonlyArray<{ readonly Contact: UlContact }> };
}
interface Dump {
  readonly result: { readonly Domains: ReadonlyArray<{ readonly Domain: { readonly AoRs: readonly AorInfo[] } }> };
}
interface AorInfo {
  readonly Info: { readonly AoR: string; readonly HashID: number };
}

describeReal("kamailio", "ul.* beside Kamailio", (paths) => {
  let kamailio: RunningKamailio;
  let daemon: RunningDaemon;
  let phones: RawPhones;

  /** Asks both; Kamailio's answer is the expected one. */
  async function both<T>(method: string, params: readonly unknown[] = []): Promise<{ ours: T; theirs: T }> {
    const ours = (await callRpc(`${daemon.admin}/RPC`, method, params)) as T;
    return { ours, theirs: (await callRpc(kamailio.rpcUrl, method, params)) as T };
  }

  const lookup = (user: string) => both<Lookup>("ul.lookup", ["location", `${user}@example.org`]);

  /** Round trips in microseconds, at us and at Kamailio. */
  async function roundTrips(user: string): Promise<readonly number[]> {
    const { ours, theirs } = await lookup(user);
    return [ours, theirs].map(({ result }) => result.Contacts[0]?.Contact["KA-Roundtrip"] ?? 0);
  }

  beforeAll(async () => {
    kamailio = await startKamailio(paths.kamailio);
    daemon = await startDaemon([...IN_MEMORY, "--keepalive.interval", "1s"]);
    phones = await RawPhones.open();
    for (const [user, registration] of Object.entries(phonesOn(phones.port))) {
      await phones.register(kamailio.sipPort, user, { branch: `z9hG4bK${user}`, ...registration });
      await phones.register(daemon.sipPort(), user, { branch: `z9hG4bK${user}`, ...registration });
    }
    await until("round trip of each phone at both", async () => {
      const all = await Promise.all(NAMES.map(roundTrips));
      return all.flat().every((us) => us > 0);
    });
  }, TIMEOUT_MS);

  afterAll(async () => {
    await phones?.[Symbol.asyncDispose]();
    await daemon?.[Symbol.asyncDispose]();
    await kamailio?.[Symbol.asyncDispose]();
  });

  test.each(NAMES)(
    "ul.lookup of the phone %s has the same names, order and types, and tells the same of it",
    async (user) => {
      const { ours, theirs } = await lookup(user);
      expect(theirs.result.Contacts).toHaveLength(1);
      expect(shapeOf(ours)).toEqual(shapeOf(theirs));
      const [our, their] = [ours, theirs].map(({ result }) => result.Contacts[0]?.Contact);
      const given = (contact?: UlContact) => Object.fromEntries(GIVEN_FIELDS.map((field) => [field, contact?.[field]]));
      expect(ours.result.AoR).toBe(theirs.result.AoR);
      expect(given(our)).toEqual(given(their));
    },
  );

  test("ul.dump has the same names, order and types, and the same hash for each AoR", async () => {
    const { ours, theirs } = await both<Dump>("ul.dump");
    const sorted = ({ result: { Domains } }: Dump) =>
      Domains.flatMap(({ Domain }) => Domain.AoRs).toSorted((a, b) => a.Info.AoR.localeCompare(b.Info.AoR));
    const hashes = (dump: Dump) => sorted(dump).map(({ Info: { AoR, HashID } }) => ({ AoR, HashID }));
    expect(hashes(theirs)).toHaveLength(NAMES.length);
    expect(hashes(ours)).toEqual(hashes(theirs));
    expect(sorted(ours).map((info) => shapeOf(info))).toEqual(sorted(theirs).map((info) => shapeOf(info)));
    expect(new Set(shapeOf(ours))).toEqual(new Set(shapeOf(theirs)));
    expect(Object.keys(ours)).toEqual(Object.keys(theirs));
    expect(Object.keys(ours.result.Domains[0]?.Domain ?? {})).toEqual(
      Object.keys(theirs.result.Domains[0]?.Domain ?? {}),
    );
  });

  test("ul.dump brief has the same names, order and types", async () => {
    const { ours, theirs } = await both<Dump>("ul.dump", ["brief"]);
    expect(shapeOf(ours)).toEqual(shapeOf(theirs));
  });

  test.each([
    { method: "ul.lookup", params: ["location", "nobody@example.org"], because: "nobody registered that AoR" },
    { method: "ul.lookup", params: ["nowhere", "plain@example.org"], because: "there is no such table" },
    { method: "ul.lookup", params: [], because: "parameters are missing" },
    { method: "ul.lookup", params: ["location"], because: "one parameter is missing" },
    { method: "ul.nonsense", params: [], because: "there is no such command" },
  ])("$method $params is refused with the same code and words: $because", async ({ method, params }) => {
    const { ours, theirs } = await both<object>(method, params);
    expect(theirs).toHaveProperty("error");
    expect(ours).toEqual(theirs);
    expect(shapeOf(ours)).toEqual(shapeOf(theirs));
  });
});

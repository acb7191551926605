/**
 * A softphone that people use, on both transports: bound, probed, measured, gone.
 *
 * @module
 */
import { expect, test } from "vitest";
import { describeReal } from "../support/real.ts";
import { startBaresip } from "./support/baresip.ts";
import { IN_MEMORY, startDaemon } from "./support/sipulse.ts";
import { until } from "./support/until.ts";

const TIMEOUT_MS = 60_000;
/** Nobody waits that long on a loopback interface; a whole number of seconds or 0 would be a wrong unit. */
const ROUND_TRIP_US_MAX = 500_000;

describeReal("baresip", "baresip", (paths) => {
  test.concurrent.each([
    { transport: "udp", address: /^sip:alice-0x[0-9a-f]+@127\.0\.0\.1:\d+$/ },
    { transport: "tcp", address: /^sip:alice-0x[0-9a-f]+@127\.0\.0\.1:\d+;transport=tcp$/ },
  ] as const)(
    "registers over $transport, answers its probes, is measured, and is gone once it quits",
    async ({ transport, address }) => {
      await using daemon = await startDaemon([...IN_MEMORY, "--keepalive.interval", "1s"]);
      const registrarPort = daemon.sipPort(transport);
      await using baresip = await startBaresip(paths.baresip, [{ user: "alice", registrarPort, transport }]);
      await until("200 OK at baresip", () => baresip.output().includes("200 OK"));

      const metrics = await until("third answer", async () => {
        const samples = await daemon.metrics();
        return samples.sum("sip_keepalive_responses_total", { transport, code: "200" }) >= 3 && samples;
      });
      expect(metrics.sum("sip_keepalive_rtt_seconds_count", { transport, method: "OPTIONS" })).toBeGreaterThanOrEqual(
        3,
      );
      expect(metrics.sum("sip_keepalive_rtt_seconds_sum", { transport })).toBeGreaterThan(0);
      expect(metrics.sum("sip_keepalive_contacts", { transport, state: "reachable" })).toBe(1);
      expect(metrics.sum("sip_keepalive_failures_total")).toBe(0);
      expect(metrics.sum("sip_keepalive_unmatched_responses_total")).toBe(0);
      expect(metrics.sum("sip_registrar_bindings", { transport })).toBe(1);

      const { AoR, Contacts } = (await daemon.rpc("ul.lookup", ["location", "alice@127.0.0.1"])) as LookupResult;
      expect(AoR).toBe("alice@127.0.0.1");
      expect(Contacts).toHaveLength(1);
      const contact = Contacts[0]?.Contact;
      expect(contact).toMatchObject({
        Address: expect.stringMatching(address),
        "User-Agent": expect.stringMatching(/^baresip v\d/),
        Instance: expect.stringMatching(/^<urn:uuid:[0-9a-f-]{36}>$/),
        Socket: `${transport}:127.0.0.1:${registrarPort}`,
      });
      expect(contact?.["KA-Roundtrip"]).toBeGreaterThan(0);
      expect(contact?.["KA-Roundtrip"]).toBeLessThan(ROUND_TRIP_US_MAX);

      baresip.signal("SIGTERM");
      expect(await baresip.ended).toEqual({ code: 0, signal: null });
      await until("empty table", async () => (await daemon.contacts()).size === 0);
      const after = await until("no contact to probe", async () => {
        const samples = await daemon.metrics();
        return samples.sum("sip_keepalive_contacts") === 0 && samples;
      });
      expect(after.sum("sip_registrar_bindings")).toBe(0);
      expect(after.sum("sip_registrar_responses_total", { code: "200" })).toBe(2);
    },
    TIMEOUT_MS,
  );
});

interface LookupResult {
  readonly AoR: string;
  readonly Contacts: ReadonlyArray<{
    readonly Contact: Readonly<Record<string, unknown>> & { "KA-Roundtrip": number };
  }>;
}

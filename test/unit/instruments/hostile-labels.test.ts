import { expect, test } from "vitest";
import { seededRandom } from "../../../src/base/random.ts";
import { DomainLabels } from "../../../src/instruments/domain-labels.ts";
import { OTHER, SIP_METHODS } from "../../../src/instruments/labels.ts";
import { RegistrarCounters } from "../../../src/instruments/registrar-counters.ts";
import { TransportCounters } from "../../../src/instruments/transport-counters.ts";
import { ContactTable } from "../../../src/location/contact-table.ts";
import { openReadable } from "../../fakes/fixed-snapshot.ts";

/** What an attacker sends in a quarter of an hour. */
const DISTINCT = 1_000_000;
const DOMAINS_MAX = 20;

test("a million domains and methods that nobody serves make 21 domains and 15 methods; the rest is counted", () => {
  const { instruments, snapshot } = openReadable();
  const table = new ContactTable({ capacity: 1, random: seededRandom(1), startWallMs: 0 });
  const domains = new DomainLabels({ instruments, domains: [], limit: DOMAINS_MAX });
  const registrar = new RegistrarCounters({ instruments, table, domains });
  const transport = new TransportCounters(instruments);
  for (const method of SIP_METHODS) transport.messageReceived("udp", method);
  const before = series(snapshot());
  for (let i = 0; i < DISTINCT; i++) {
    registrar.registerAnswered(domains.numberOf(`d${i}.example`), "udp", 403, 0.1);
    transport.messageReceived("udp", `X-METHOD-${i}`);
  }
  const { values, histograms } = snapshot();
  const requests = values.get("registrarRequests") ?? [];
  expect(requests).toHaveLength(DOMAINS_MAX + 1);
  expect(histograms.get("registrarRequestDuration")).toHaveLength(DOMAINS_MAX + 1);
  expect(values.get("transportMessages")).toHaveLength(SIP_METHODS.length + 1);
  expect(requests.find(({ labels }) => labels[0] === OTHER)?.value).toBe(DISTINCT - DOMAINS_MAX);
  expect(domains.count).toBe(DOMAINS_MAX + 1);
  const overflows = new Map((values.get("labelOverflows") ?? []).map(({ labels, value }) => [labels[0], value]));
  expect(overflows.get("domain")).toBe(DISTINCT - DOMAINS_MAX);
  expect(overflows.get("method")).toBe(DISTINCT);
  expect(series(snapshot()) - before).toBeLessThan((DOMAINS_MAX + 1) * 20);
});

/** Series of every metric together; one for a histogram. */
function series({ values, histograms }: ReturnType<ReturnType<typeof openReadable>["snapshot"]>): number {
  return [...values.values(), ...histograms.values()].flat().length;
}

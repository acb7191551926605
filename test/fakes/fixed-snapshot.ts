/**
 * Instruments with a reader, and one snapshot that never changes: what the golden file shows.
 *
 * @module
 */
import { BoundedLabels } from "../../src/instruments/bounded-labels.ts";
import { createSharedBuffer } from "../../src/instruments/exchange.ts";
import { type Instruments, openInstruments } from "../../src/instruments/instruments.ts";
import { type MetricSnapshot, SnapshotReader } from "../../src/instruments/snapshot.ts";
import { ManualClock } from "./manual-clock.ts";

/** Instruments of an engine in this thread, and the way to read them. */
export interface ReadableInstruments {
  readonly instruments: Instruments;
  snapshot(): MetricSnapshot;
}

/** Engine and reader in one thread. */
export function openReadable(): ReadableInstruments {
  const sharedBuffer = createSharedBuffer();
  const reader = new SnapshotReader(sharedBuffer);
  const clock = new ManualClock();
  const instruments = openInstruments({ clock, sharedBuffer, onSeries: (series) => reader.add(series) });
  return {
    instruments,
    snapshot: () => {
      const snapshot = reader.read(instruments.publish());
      if (snapshot === null) throw new Error("Nobody else publishes here");
      return snapshot;
    },
  };
}

/** Two phones over UDP, one over TCP, one lost probe, one domain too many. */
export function fixedSnapshot(): MetricSnapshot {
  const { instruments, snapshot } = openReadable();
  const domains = new BoundedLabels({ label: "domain", limit: 1, instruments });
  const domain = domains.fold("example.org");
  const add = (cell: number, amount?: number) => instruments.add(cell, amount);
  for (const [transport, seconds] of [
    ["udp", 0.02],
    ["udp", 0.0201],
    ["tcp", 12.5],
  ] as const) {
    add(instruments.cell("keepaliveRequests", domain, transport, "OPTIONS"));
    add(instruments.cell("keepaliveResponses", domain, transport, "OPTIONS", "200"));
    instruments.observe(instruments.histogram("keepaliveRtt", domain, transport, "OPTIONS"), seconds);
    instruments.observe(instruments.histogram("keepaliveScheduleDelay"), 0.0004);
    instruments.set(instruments.cell("keepaliveInFlight", transport), 0);
  }
  add(instruments.cell("keepaliveRequests", domain, "udp", "OPTIONS"), 2);
  add(instruments.cell("keepaliveFailures", domain, "udp", "OPTIONS", "timeout"));
  instruments.set(instruments.cell("keepaliveInFlight", "udp"), 1);
  instruments.set(instruments.cell("keepaliveContacts", domain, "udp", "reachable"), 2);
  add(instruments.cell("keepaliveUnmatchedResponses", "udp", "bad_token"), 3);
  add(instruments.cell("registrarRequests", domains.fold('evil"\\\n.example'), "udp"));
  add(instruments.cell("registrarRequests", 'quoted"\\', "udp"));
  instruments.set(instruments.cell("registrarBindings", domain, "udp"), 2);
  instruments.set(instruments.cell("registrarAors"), 3);
  add(instruments.cell("transportMessages", "udp", "in", "REGISTER"), 1_000_000);
  return snapshot();
}

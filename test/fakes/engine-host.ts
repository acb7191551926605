/**
 * The real engine on loopback sockets, and phones that send it raw octets and await what comes back.
 *
 *      phone --octets--> [ Engine, in this thread ] --octets--> phone
 *                          |--> views(), metric(), journal, logged
 *
 * @module
 */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { systemClock } from "../../src/base/clock.ts";
import type { LogFields } from "../../src/base/log.ts";
import type { ListenAddress } from "../../src/base/net-names.ts";
import { secureRandom } from "../../src/base/random.ts";
import { Engine } from "../../src/engine.ts";
import type { EngineSettings } from "../../src/engine-port/port.ts";
import type { MetricKey } from "../../src/instruments/catalogue.ts";
import { createSharedBuffer } from "../../src/instruments/exchange.ts";
import { type MetricSnapshot, SnapshotReader } from "../../src/instruments/snapshot.ts";
import type { SpanBatch } from "../../src/instruments/span-records.ts";
import type { KeepalivePolicy } from "../../src/keepalive/policy.ts";
import type { BindingRow, ContactView, JournalEntry } from "../../src/location/contact-view.ts";
import { StreamFramer } from "../../src/sip/transport/framing.ts";
import { requestText, responseOf, unique } from "./sip-text.ts";

/** What differs from an engine on 127.0.0.1, UDP and TCP, that probes nobody. */
export type HostSettings = Partial<Omit<EngineSettings, "keepalive">> & {
  readonly keepalive?: Partial<KeepalivePolicy>;
};

/** A listener on a port that the system chooses. */
export function listenOn(transport: "udp" | "tcp", host = "127.0.0.1"): ListenAddress {
  return { transport, host, port: 0, advertise: null };
}

/** Settings of a small engine. */
export function engineSettings(changes: HostSettings = {}): EngineSettings {
  return {
    listen: [listenOn("udp"), listenOn("tcp")],
    serverId: 0,
    domains: [],
    domainsMax: 20,
    minExpiresS: 60,
    maxExpiresS: 3_600,
    defaultExpiresS: 3_600,
    maxContactsPerAor: 10,
    useDomain: true,
    natDetect: true,
    path: "supported",
    authMode: "loopback",
    maxContacts: 64,
    isJournaled: true,
    spans: null,
    ...changes,
    keepalive: {
      scope: "off",
      method: "OPTIONS",
      from: null,
      domain: "example.org",
      intervalMs: 1_000,
      jitterRatio: 0,
      probeTimeoutMs: 900,
      unreachableAfter: 3,
      ...changes.keepalive,
    },
  };
}

/** A snapshot, asked by name. */
export class Metrics {
  readonly #snapshot: MetricSnapshot;

  constructor(snapshot: MetricSnapshot) {
    this.#snapshot = snapshot;
  }

  /** Sum of the series of a counter or gauge whose labels are, or begin with, `labels`. */
  sum(key: MetricKey, ...labels: readonly string[]): number {
    const series = this.#snapshot.values.get(key) ?? [];
    return series
      .filter((one) => labels.every((label, index) => one.labels[index] === label))
      .reduce((sum, { value }) => sum + value, 0);
  }

  /** Observations in all series of a histogram. */
  observations(key: MetricKey): number {
    const series = this.#snapshot.histograms.get(key) ?? [];
    return series.flatMap(({ counts }) => counts).reduce((sum, count) => sum + count, 0);
  }
}

/** An engine that runs in this thread, and what can be learned of it. */
export class EngineHost {
  readonly engine: Engine;
  readonly journal: JournalEntry[] = [];
  readonly spans: SpanBatch[] = [];
  readonly logged: { event: string; fields: LogFields | undefined }[] = [];
  readonly #reader: SnapshotReader;
  #ports: readonly ListenAddress[] = [];

  private constructor(settings: EngineSettings) {
    const sharedBuffer = createSharedBuffer();
    this.#reader = new SnapshotReader(sharedBuffer);
    const note = (event: string, fields?: LogFields): void => void this.logged.push({ event, fields });
    this.engine = new Engine({
      settings,
      sharedBuffer,
      clock: systemClock,
      random: secureRandom(),
      log: { debug: note, info: note, warn: note, error: note },
      onSeries: (series) => this.#reader.add(series),
      onJournal: (entries) => void this.journal.push(...entries),
      onSpans: (batch) => void this.spans.push(batch),
    });
  }

  /** Opens an engine; `rows` are restored first. */
  static async open(settings: HostSettings = {}, rows: readonly BindingRow[] = []): Promise<EngineHost> {
    const host = new EngineHost(engineSettings(settings));
    host.engine.restore(rows);
    host.#ports = await host.engine.open();
    return host;
  }

  /** Port of the first listener of that transport. */
  port(transport: "udp" | "tcp"): number {
    const found = this.#ports.find((address) => address.transport === transport);
    if (found === undefined) throw new RangeError(`the engine does not listen on ${transport}`);
    return found.port;
  }

  /** The whole table, page by page. */
  views(pageSize = 100): readonly ContactView[] {
    const views: ContactView[] = [];
    for (let cursor: number | null = 0; cursor !== null; ) {
      const page = this.engine.dumpPage(cursor, pageSize);
      views.push(...page.contacts);
      cursor = page.nextCursor;
    }
    return views;
  }

  /** What a registration put into the table, without what merely passes: times left, and the heartbeat. */
  table(): readonly unknown[] {
    return this.views().map(({ ruid, aor, address, callId, cseq, qThousandths, path, flow, lastModifiedWallMs }) => ({
      ...{ ruid, aor, address, callId, cseq, qThousandths, path, flow, lastModifiedWallMs },
    }));
  }

  /** Every metric at one instant. */
  async metrics(): Promise<Metrics> {
    const snapshot = this.#reader.read(await this.engine.snapshot());
    if (snapshot === null) throw new Error("nobody else publishes here");
    return new Metrics(snapshot);
  }

  /** See `Metrics.sum`. */
  async metric(key: MetricKey, ...labels: readonly string[]): Promise<number> {
    return (await this.metrics()).sum(key, ...labels);
  }

  /** Changes live settings. */
  reload(changes: HostSettings): void {
    this.engine.reload(engineSettings(changes));
  }

  stop(): Promise<void> {
    return this.engine.stop();
  }
}

/** How long a reply may take; the engine shares its thread with the test. */
const PATIENCE_MS = 5_000;
/** A daemon that is well answers an OPTIONS within this. */
const WELL_MS = 500;

/** Messages in the order they came; each is taken once. */
class Inbox {
  readonly all: Buffer[] = [];
  #waiting: Buffer[] = [];
  #look: () => void = () => {};

  add(octets: Buffer): void {
    this.all.push(octets);
    this.#waiting.push(octets);
    this.#look();
  }

  /** Takes the next answer. @throws when none comes in time */
  nextAnswer(patienceMs = PATIENCE_MS): Promise<Buffer> {
    return this.#next(isResponse, patienceMs);
  }

  /** Takes the next request of the engine. @throws when none comes in time */
  nextRequest(patienceMs = PATIENCE_MS): Promise<Buffer> {
    return this.#next((octets) => !isResponse(octets), patienceMs);
  }

  /** Messages that came and were not taken. */
  get waiting(): readonly Buffer[] {
    return this.#waiting;
  }

  #next(isWanted: (octets: Buffer) => boolean, patienceMs: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const cancel = systemClock.after(patienceMs, () => {
        this.#look = () => {};
        reject(new Error(`nothing of that kind came within ${patienceMs} ms`));
      });
      this.#look = () => {
        const found = this.#waiting.find(isWanted);
        if (found === undefined) return;
        this.#waiting = this.#waiting.filter((octets) => octets !== found);
        this.#look = () => {};
        cancel();
        resolve(found);
      };
      this.#look();
    });
  }
}

const isResponse = (octets: Buffer): boolean => octets.toString("latin1", 0, 4) === "SIP/";

/** A phone, whatever its transport. */
export interface Phone {
  readonly inbox: Inbox;
  /** Its own port. */
  readonly port: number;
  send(octets: string | Uint8Array): void;
  close(): void;
}

/** A phone over UDP; `from` lists where each message in the inbox came from. */
export interface UdpPhone extends Phone {
  readonly from: readonly number[];
  /** Sends to another port than the engine's. */
  sendTo(port: number, octets: string | Uint8Array): void;
}

/** Binds a UDP socket that talks to `enginePort`. */
export async function openUdpPhone(enginePort: number, host = "127.0.0.1"): Promise<UdpPhone> {
  const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
  const inbox = new Inbox();
  const from: number[] = [];
  socket.on("message", (octets, sender) => {
    from.push(sender.port);
    inbox.add(octets);
  });
  socket.bind(0, host);
  await once(socket, "listening");
  const sendTo = (port: number, octets: string | Uint8Array): void =>
    socket.send(typeof octets === "string" ? Buffer.from(octets, "latin1") : octets, port, host);
  const { port } = socket.address();
  return { inbox, from, port, sendTo, send: (octets) => sendTo(enginePort, octets), close: () => void socket.close() };
}

/** A phone over TCP; `hungUp` resolves when the engine has closed the connection. */
export interface TcpPhone extends Phone {
  readonly hungUp: Promise<void>;
}

/** Connects to `enginePort`. */
export async function openTcpPhone(enginePort: number): Promise<TcpPhone> {
  const socket = connect({ port: enginePort, host: "127.0.0.1", noDelay: true });
  const inbox = new Inbox();
  const framer = new StreamFramer();
  socket.on("data", (chunk) => {
    framer.push(chunk);
    for (let frame = framer.next(); frame !== null; frame = framer.next()) {
      if (frame.kind === "message") inbox.add(Buffer.from(frame.octets));
    }
  });
  socket.on("error", () => {});
  const hungUp = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  await once(socket, "connect");
  const send = (octets: string | Uint8Array): void =>
    void socket.write(typeof octets === "string" ? Buffer.from(octets, "latin1") : octets);
  return { inbox, hungUp, port: socket.localPort ?? 0, send, close: () => void socket.destroy() };
}

/**
 * Everything that was answered before an OPTIONS over the same socket or connection is, which must be soon: what was
 * sent before it has been dealt with by then.
 *
 * @returns statuses of what came before, in order
 * @throws when the OPTIONS is not answered
 */
export async function answersUntilWell(phone: Phone, transport: "UDP" | "TCP" = "UDP"): Promise<readonly number[]> {
  const callId = `well-${unique()}`;
  const before: number[] = [];
  phone.send(requestText({ transport, callId }));
  for (;;) {
    const { status, headers } = responseOf(await phone.inbox.nextAnswer(WELL_MS));
    if (headers.first("call-id") === callId && status === 200) return before;
    before.push(status);
  }
}

/** The engine is well, and nothing else was answered. */
export async function expectWell(phone: Phone, transport: "UDP" | "TCP" = "UDP"): Promise<void> {
  const before = await answersUntilWell(phone, transport);
  if (before.length > 0) throw new Error(`silence was expected, got ${before}`);
}

/** Whether this machine has ::1; tests that need it are skipped by name. */
export const hasIpv6 = Object.values(networkInterfaces()).some((each) =>
  each?.some(({ address }) => address === "::1"),
);

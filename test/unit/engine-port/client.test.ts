import { describe, expect, test } from "vitest";
import { EngineClient, EngineError, type Wire } from "../../../src/engine-port/client.ts";
import type { Command, News } from "../../../src/engine-port/messages.ts";
import { createSharedBuffer } from "../../../src/instruments/exchange.ts";
import { openInstruments } from "../../../src/instruments/instruments.ts";
import { engineSettings, listenOn } from "../../fakes/engine-host.ts";
import { aContactView } from "../../fakes/engine-port.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

/** The other end as a list of commands that a test answers when it likes. */
class FakeWire implements Wire {
  readonly commands: Command[] = [];
  closed = 0;
  tell: (news: News) => void = () => {};
  die: (error: Error) => void = () => {};

  post(command: Command): void {
    // What crosses must be fit to cross.
    this.commands.push(structuredClone(command));
  }
  onNews(listener: (news: News) => void): void {
    this.tell = listener;
  }
  onGone(listener: (error: Error) => void): void {
    this.die = listener;
  }
  async close(): Promise<void> {
    this.closed += 1;
    this.die(new Error("the engine thread ended with code 1"));
  }

  /** Answers the oldest command of that name which is not answered yet. */
  reply(name: string, value: unknown): void {
    this.tell({ kind: "reply", id: this.take(name), value });
  }
  take(name: string): number {
    const at = this.commands.findIndex((command) => command.name === name);
    const [command] = this.commands.splice(at, 1);
    if (at === -1 || command === undefined) throw new RangeError(`${name} was not asked`);
    return command.id;
  }
}

function aClient() {
  const wire = new FakeWire();
  const sharedBuffer = createSharedBuffer();
  const events: string[] = [];
  const client = new EngineClient({
    wire,
    sharedBuffer,
    events: {
      onJournal: (entries) => void events.push(`journal ${entries.length}`),
      onLog: (level, event) => void events.push(`${level} ${event}`),
      onSpans: ({ records }) => void events.push(`spans ${records.length}`),
      onFailed: (error) => void events.push(`failed ${error.message}`),
    },
  });
  return { wire, sharedBuffer, events, client };
}

/** The code an EngineError was rejected with. */
const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "resolved",
    (error: unknown) => (error instanceof EngineError ? error.code : String(error)),
  );

describe("EngineClient", () => {
  test("turns a call into one command, and its reply into the result, in whatever order replies come", async () => {
    const { client, wire } = aClient();
    const view = aContactView();
    const asked = [client.contact("one"), client.contact("two"), client.lookup("alice"), client.dumpPage(3, 50)];
    expect(wire.commands.map(({ name, args }) => [name, ...args])).toEqual([
      ["contact", "one"],
      ["contact", "two"],
      ["lookup", "alice"],
      ["dumpPage", 3, 50],
    ]);
    const [one, two, three, four] = wire.commands.map(({ id }) => id) as [number, number, number, number];
    const page = { contacts: [view], nextCursor: null, aors: 1 };
    for (const [id, value] of [
      [four, page],
      [two, null],
      [one, view],
      [three, [view]],
    ] as const) {
      wire.tell({ kind: "reply", id, value });
    }
    expect(await Promise.all(asked)).toEqual([view, null, [view], page]);
  });

  test("hands over settings and rows as they are", async () => {
    const { client, wire } = aClient();
    const settings = engineSettings();
    const done = [client.reload(settings), client.restore([])];
    expect(wire.commands.map(({ args }) => args)).toEqual([[settings], [[]]]);
    wire.reply("reload", undefined);
    wire.reply("restore", 0);
    expect(await Promise.all(done)).toEqual([undefined, 0]);
  });

  test("knows what is listened on once it is open", async () => {
    const { client, wire } = aClient();
    expect(client.listening).toEqual([]);
    const opening = client.open();
    wire.reply("open", [listenOn("udp")]);
    expect(await opening).toEqual([listenOn("udp")]);
    expect(client.listening).toEqual([listenOn("udp")]);
  });

  test("rejects with the code and the words of the engine", async () => {
    const { client, wire } = aClient();
    const opening = client.open();
    wire.tell({ kind: "failed", id: wire.take("open"), code: "LISTEN", message: "cannot listen" });
    await expect(opening).rejects.toMatchObject({ name: "EngineError", code: "LISTEN", message: "cannot listen" });
    const asked = client.contact("x");
    wire.reply("contact", null);
    expect(await asked).toBeNull();
  });

  test("passes on what nobody asked for, and ignores replies to nothing", () => {
    const { wire, events } = aClient();
    wire.tell({ kind: "journal", entries: [{ kind: "removed", ruid: "a" }] });
    wire.tell({ kind: "spans", batch: { records: [], capped: 3 } });
    wire.tell({ kind: "log", level: "warn", event: "disk is full", fields: {} });
    wire.tell({ kind: "reply", id: 99, value: null });
    wire.tell({ kind: "failed", id: 99, code: "X", message: "x" });
    expect(events).toEqual(["journal 1", "spans 0", "warn disk is full"]);
  });
});

describe("a gone engine", () => {
  test("rejects everything under way and everything later, and says so once", async () => {
    const { client, wire, events } = aClient();
    const asked = [client.lookup("a"), client.snapshot(), client.open(), client.reload(engineSettings())];
    wire.die(new Error("out of memory"));
    wire.die(new Error("the engine thread ended with code 1"));
    expect(await Promise.all(asked.map(codeOf))).toEqual(Array(4).fill("ENGINE_GONE"));
    const later = [
      client.lookup("a"),
      client.snapshot(),
      client.dumpPage(0, 1),
      client.contact("r"),
      client.restore([]),
    ];
    expect(await Promise.all(later.map(codeOf))).toEqual(Array(5).fill("ENGINE_GONE"));
    expect(events).toEqual(["failed out of memory"]);
    expect(wire.commands).toHaveLength(4);
    await expect(client.lookup("a")).rejects.toThrow("out of memory");
  });

  test("can be stopped: there is nothing to do", async () => {
    const { client, wire } = aClient();
    wire.die(new Error("out of memory"));
    await client.stop();
    expect(wire.closed).toBe(0);
  });
});

describe("stop()", () => {
  test("lets the engine finish, ends the other end, and is not a failure", async () => {
    const { client, wire, events } = aClient();
    const stopping = client.stop();
    wire.tell({ kind: "journal", entries: [] });
    expect(wire.closed).toBe(0);
    wire.reply("stop", undefined);
    await stopping;
    expect(wire.closed).toBe(1);
    expect(events).toEqual(["journal 0"]);
    expect(await codeOf(client.lookup("a"))).toBe("ENGINE_STOPPED");
  });

  test("rejects what is still unanswered when the engine has stopped", async () => {
    const { client, wire } = aClient();
    const stopping = client.stop();
    const asked = codeOf(client.dumpPage(0, 10));
    wire.reply("stop", undefined);
    await stopping;
    expect(await asked).toBe("ENGINE_STOPPED");
  });

  test("can be called twice, at once and later: one command, one end", async () => {
    const { client, wire } = aClient();
    const both = [client.stop(), client.stop()];
    expect(wire.commands.map(({ name }) => name)).toEqual(["stop"]);
    wire.reply("stop", undefined);
    await Promise.all(both);
    await client.stop();
    expect(wire.closed).toBe(1);
  });

  test("that fails in the engine ends the other end all the same", async () => {
    const { client, wire } = aClient();
    const stopping = codeOf(client.stop());
    wire.tell({ kind: "failed", id: wire.take("stop"), code: "ENGINE_FAILED", message: "journal lost" });
    expect(await stopping).toBe("ENGINE_FAILED");
    expect(wire.closed).toBe(1);
  });
});

describe("snapshot()", () => {
  /** A client whose engine side really publishes. */
  function aMeasuredClient() {
    const { client, wire, sharedBuffer } = aClient();
    const instruments = openInstruments({
      clock: new ManualClock(),
      sharedBuffer,
      onSeries: (series) => wire.tell({ kind: "series", series }),
    });
    const add = () => instruments.add(instruments.cell("registrarRequests", "example.org", "udp"));
    const value = (snapshot: { values: ReadonlyMap<string, readonly { value: number }[]> }) =>
      snapshot.values.get("registrarRequests")?.[0]?.value;
    return { client, wire, instruments, add, value };
  }

  test("that overlap are one: the shared buffer is asked for once", async () => {
    const { client, wire, instruments, add, value } = aMeasuredClient();
    add();
    const both = [client.snapshot(), client.snapshot()] as const;
    expect(wire.commands.map(({ name }) => name)).toEqual(["snapshot"]);
    wire.reply("snapshot", instruments.publish());
    const [first, second] = await Promise.all(both);
    expect(second).toBe(first);
    expect(value(first)).toBe(1);
  });

  test("one after the other are two, and the first stays as it was", async () => {
    const { client, wire, instruments, add, value } = aMeasuredClient();
    add();
    const asked = client.snapshot();
    wire.reply("snapshot", instruments.publish());
    const first = await asked;
    add();
    const again = client.snapshot();
    wire.reply("snapshot", instruments.publish());
    expect([value(first), value(await again)]).toEqual([1, 2]);
  });

  test("that was overwritten is asked for again, five times at most", async () => {
    const { client, wire, instruments, add } = aMeasuredClient();
    add();
    const asked = codeOf(client.snapshot());
    for (let i = 0; i < 5; i++) {
      const overwritten = instruments.publish();
      instruments.publish();
      instruments.publish();
      wire.reply("snapshot", overwritten);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await asked).toBe("ENGINE_SNAPSHOT");
    expect(wire.commands).toEqual([]);
  });

  test("that failed does not keep the next one from succeeding", async () => {
    const { client, wire, instruments, add, value } = aMeasuredClient();
    add();
    const failed = codeOf(client.snapshot());
    wire.tell({ kind: "failed", id: wire.take("snapshot"), code: "ENGINE_FAILED", message: "x" });
    expect(await failed).toBe("ENGINE_FAILED");
    const asked = client.snapshot();
    wire.reply("snapshot", instruments.publish());
    expect(value(await asked)).toBe(1);
  });
});

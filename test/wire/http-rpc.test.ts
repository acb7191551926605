import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { FakeEngine, manyContactViews } from "../fakes/engine-port.ts";
import { ask, expectProblem, recordingLog, serveAdmin } from "./http-support.ts";

describe("POST /RPC", () => {
  const rpc = (url: string, body: string | Buffer, headers = {}) =>
    ask(`${url}/RPC`, { method: "POST", body, headers });

  test("the status line repeats the fault", async () => {
    const url = await serveAdmin();
    const answer = await rpc(url, '{"jsonrpc":"2.0","method":"ul.lookup","params":["location","nobody"],"id":1}');
    expect({ status: answer.status, reason: answer.reason }).toEqual({
      status: 500,
      reason: "AOR not found in location table",
    });
    expect(answer.headers["content-type"]).toBe("application/json");
    expect(JSON.parse(answer.text).error).toEqual({ code: 500, message: "AOR not found in location table" });
  });

  test("any Content-Type will do, as with curl -d", async () => {
    const url = await serveAdmin();
    for (const type of ["application/x-www-form-urlencoded", "application/json; charset=nonsense", "text/plain"]) {
      const answer = await rpc(url, '{"method":"ul.dump","params":["brief"],"id":1}', { "Content-Type": type });
      expect(JSON.parse(answer.text).result.Domains[0].Domain.AoRs).toEqual([{ AoR: "alice@example.org" }]);
    }
  });

  test("a body that is missing or not UTF-8 is a parse error", async () => {
    const url = await serveAdmin();
    for (const body of ["", Buffer.from([0x22, 0xff, 0x22])]) {
      const answer = await rpc(url, body);
      expect({ status: answer.status, code: JSON.parse(answer.text).error.code }).toEqual({
        status: 400,
        code: -32_700,
      });
    }
  });

  test("a compressed body is refused with 415: it could unpack to anything", async () => {
    expectProblem(await rpc(await serveAdmin(), "x", { "Content-Encoding": "gzip" }), 415);
  });

  test.each([
    { octets: 1_048_576, status: 400, because: "exactly the limit is read (and is no JSON)" },
    { octets: 1_048_577, status: 413, because: "one octet more" },
    { octets: 10_485_760, status: 413, because: "10 MB" },
  ])("a body of $octets octets gets $status: $because", async ({ octets, status }) => {
    const answer = await rpc(await serveAdmin(), Buffer.alloc(octets, "x"));
    expect(answer.status).toBe(status);
    if (status === 413) expectProblem(answer, 413);
  });

  test("20,000 contacts arrive complete and parse as JSON (B55)", async () => {
    const engine = new FakeEngine(manyContactViews(20_000));
    const answer = await rpc(await serveAdmin({ engine }), '{"jsonrpc":"2.0","method":"ul.dump","id":1}');
    const parsed = JSON.parse(answer.text);
    expect(parsed.result.Domains[0].Domain.AoRs).toHaveLength(20_000);
    expect(parsed.id).toBe(1);
    expect(engine.pagesOpenMax).toBe(1);
  });

  test("a client that leaves stops the paging", async () => {
    const engine = new FakeEngine(manyContactViews(20_000));
    const url = await serveAdmin({ engine });
    const left = Promise.withResolvers<void>();
    engine.beforePage = async (page) => {
      if (page !== 5) return;
      client.destroy();
      // The page is answered only once the server has seen the client go.
      await left.promise;
    };
    const client = httpRequest(`${url}/RPC`, { method: "POST" }, (response) => response.on("error", () => {}).resume());
    client.on("error", () => {}).end('{"method":"ul.dump"}');
    await new Promise((resolve) => client.once("close", resolve));
    await ask(`${url}/api/v1/summary`);
    left.resolve();
    await ask(`${url}/api/v1/summary`);
    await expect.poll(() => engine.pagesOpen).toBe(0);
    expect(engine.pagesAsked).toBeLessThanOrEqual(6);
  });

  test("a client that does not read holds the paging back, and gets the rest when it reads on", async () => {
    const engine = new FakeEngine(manyContactViews(100_000));
    const url = new URL(await serveAdmin({ engine }));
    const socket = connect(Number(url.port), "127.0.0.1").pause();
    const body = '{"method":"ul.dump"}';
    socket.write(
      `POST /RPC HTTP/1.1\r\nHost: ${url.host}\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    const pages = await settled(() => engine.pagesAsked);
    expect(pages).toBeGreaterThan(0);
    // 100,000 contacts are 2,500 pages and 70 MB; what was asked for fits the socket buffers.
    expect(pages).toBeLessThan(1_125);
    let octets = 0;
    for await (const chunk of socket) octets += (chunk as Buffer).length;
    expect(engine.pagesAsked).toBe(2_500);
    expect(octets).toBeGreaterThan(50_000_000);
  });

  test("an engine that stops in the middle of a dump cuts the answer: it must not look complete", async () => {
    const engine = new FakeEngine(manyContactViews(20_000));
    const log = recordingLog();
    engine.beforePage = (page) => {
      if (page === 10) engine.goneBecause = new Error("engine stopped");
    };
    await expect(rpc(await serveAdmin({ engine, log }), '{"method":"ul.dump"}')).rejects.toThrow(
      /aborted|socket hang up/,
    );
    expect(log.lines).toEqual(["warn http answer cut short"]);
  });

  test("a batch of ten thousand is refused", async () => {
    const answer = await rpc(await serveAdmin(), JSON.stringify(Array(10_000).fill({ method: "ul.dump" })));
    expect(answer.status).toBe(400);
  });
});

/** Waits until a number has stopped changing. */
async function settled(read: () => number): Promise<number> {
  let last = -1;
  const isSettled = () => {
    const before = last;
    last = read();
    return last > 0 && last === before;
  };
  await expect.poll(isSettled, { interval: 150, timeout: 10_000 }).toBe(true);
  return last;
}

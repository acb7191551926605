import { expect, test } from "vitest";
import { answerRpc } from "../../../src/rpc/json-rpc.ts";
import { fault, type RpcCommand } from "../../../src/rpc/outcome.ts";

async function* inPieces(): AsyncGenerator<string> {
  yield '{"a":';
  yield "1}";
}

const commands = new Map<string, RpcCommand>([
  ["echo", async (params) => ({ kind: "result", value: params })],
  ["empty", async () => ({ kind: "result", value: {} })],
  ["pieces", async () => ({ kind: "stream", pieces: inPieces() })],
  ["missing", async () => fault(404, "Contact not found")],
]);

async function ask(text: string | null): Promise<{ status: number; reason: string; text: string }> {
  const { status, reason, body } = await answerRpc(text, commands);
  return { status, reason, text: (await Array.fromAsync(body)).join("") };
}

test.each([
  { request: '{"jsonrpc":"2.0","method":"empty","id":7}', id: ',"id":7', because: "a number stays a number" },
  { request: '{"jsonrpc":"2.0","method":"empty","id":"7"}', id: ',"id":"7"', because: "a string stays a string" },
  { request: '{"jsonrpc":"2.0","method":"empty","id":-1.5}', id: ',"id":-1.5', because: "any number" },
  { request: '{"jsonrpc":"2.0","method":"empty","id":"q\\"\\n"}', id: ',"id":"q\\"\\n"', because: "escaped again" },
  { request: '{"jsonrpc":"2.0","method":"empty","id":null}', id: ',"id":null', because: "null came, null goes" },
  { request: '{"jsonrpc":"2.0","method":"empty"}', id: "", because: "no id in, no id out, still answered (B54)" },
  { request: '{"method":"empty","id":1}', id: ',"id":1', because: "the version is not asked for" },
])("$request is answered with the id: $because", async ({ request, id }) => {
  expect(await ask(request)).toEqual({ status: 200, reason: "OK", text: `{"jsonrpc":"2.0","result":{}${id}}` });
});

const refusal = (code: number, message: string, id = "null") =>
  `{"jsonrpc":"2.0","error":{"code":${code},"message":"${message}"},"id":${id}}`;

test.each([
  { request: "{", code: -32_700, message: "Parse Error", because: "not JSON" },
  { request: "", code: -32_700, message: "Parse Error", because: "empty" },
  { request: null, code: -32_700, message: "Parse Error", because: "not UTF-8" },
  { request: "7", code: -32_600, message: "Invalid Request", because: "not an object" },
  { request: "null", code: -32_600, message: "Invalid Request", because: "null is not an object" },
  { request: "[]", code: -32_600, message: "Invalid Request", because: "a batch of nothing" },
  { request: '{"id":{},"method":"empty"}', code: -32_600, message: "Invalid Request", because: "an object is no id" },
])("$request is refused as $message with HTTP 400: $because", async ({ request, code, message }) => {
  expect(await ask(request)).toEqual({ status: 400, reason: message, text: refusal(code, message) });
});

test.each([
  { request: '{"id":3}', code: -32_600, status: 400, message: "Invalid Request", because: "no method" },
  {
    request: '{"id":3,"method":7}',
    code: -32_600,
    status: 400,
    message: "Invalid Request",
    because: "a method is a string",
  },
  {
    request: '{"id":3,"method":"echo","params":{"a":1}}',
    code: -32_602,
    status: 400,
    message: "Invalid Parameters",
    because: "named",
  },
  {
    request: '{"id":3,"method":"nosuch"}',
    code: 500,
    status: 500,
    message: "Method Not Found",
    because: "500, not -32601 (B54)",
  },
  {
    request: '{"id":3,"method":"__proto__"}',
    code: 500,
    status: 500,
    message: "Method Not Found",
    because: "no inherited names",
  },
  {
    request: '{"id":3,"method":"missing"}',
    code: 404,
    status: 404,
    message: "Contact not found",
    because: "the line repeats the fault",
  },
])("$request is refused with $status $message: $because", async ({ request, code, status, message }) => {
  expect(await ask(request)).toEqual({ status, reason: message, text: refusal(code, message, "3") });
});

test("parameters arrive as they were sent, and are empty when left out", async () => {
  expect((await ask('{"method":"echo","params":["1.0",1.0,null]}')).text).toBe(
    '{"jsonrpc":"2.0","result":["1.0",1,null]}',
  );
  expect((await ask('{"method":"echo"}')).text).toBe('{"jsonrpc":"2.0","result":[]}');
});

test("a streamed result stands in the same envelope", async () => {
  expect((await ask('{"method":"pieces","id":1}')).text).toBe('{"jsonrpc":"2.0","result":{"a":1},"id":1}');
});

test("a batch is answered call by call, in order, faults included", async () => {
  const batch = '[{"method":"pieces","id":1},{"method":"missing","id":"b"},{"method":"empty"},5]';
  const { status, text } = await ask(batch);
  expect(status).toBe(200);
  expect(JSON.parse(text)).toEqual([
    { jsonrpc: "2.0", result: { a: 1 }, id: 1 },
    { jsonrpc: "2.0", error: { code: 404, message: "Contact not found" }, id: "b" },
    { jsonrpc: "2.0", result: {} },
    { jsonrpc: "2.0", error: { code: -32_600, message: "Invalid Request" }, id: null },
  ]);
});

test.each([
  { calls: 100, status: 200, because: "exactly the bound" },
  { calls: 101, status: 400, because: "one more" },
  { calls: 10_000, status: 400, because: "far more" },
])("a batch of $calls calls gets $status: $because", async ({ calls, status }) => {
  const reply = await ask(JSON.stringify(Array(calls).fill({ method: "empty", id: 1 })));
  expect(reply.status).toBe(status);
  if (status === 400)
    expect(JSON.parse(reply.text).error.message).toBe("Invalid Request: at most 100 calls in one batch");
});

test("nesting as deep as the body allows is an answer, not a crash", async () => {
  const deep = `{"method":"empty","id":1,"params":${"[".repeat(200_000)}${"]".repeat(200_000)}}`;
  expect((await ask(deep)).text).toBe('{"jsonrpc":"2.0","result":{},"id":1}');
});

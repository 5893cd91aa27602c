import { once } from "node:events";
import { startTestGrpcServer } from "@geomesh/testing/grpc-server";
import { LettersService, letters } from "@geomesh/testing/letters";
import { Client, credentials, status } from "@grpc/grpc-js";
import { afterEach, expect, test } from "vitest";
import { pause } from "../async/pause.ts";
import { AppError } from "../errors.ts";
import { createTsProtoClient } from "./client.ts";
import { type CallContext, type Handlers, implement } from "./implement.ts";
import type { GrpcServerOptions } from "./server.ts";
import { fromServiceError, toStatus } from "./status.ts";

const opened: { close(graceMs: number): unknown }[] = [];
afterEach(() => Promise.all(opened.splice(0).map((each) => each.close(0))));

async function serve(
  handlers: Partial<Handlers<typeof LettersService>> = {},
  options: Partial<GrpcServerOptions> = {},
) {
  const service = implement(LettersService, { ...letters, ...handlers });
  const server = await startTestGrpcServer(service, options);
  const client = createTsProtoClient(LettersService, {
    address: server.address,
    deadlineMs: 30_000,
  });
  opened.push(client, server);
  return { server, client };
}

test("a unary call answers what its handler returned", async () => {
  const { client } = await serve();
  expect(await client.shout("geo")).toBe("GEO");
});

test("a server stream sends all, however slowly its reader takes it", async () => {
  const { client } = await serve();
  const word = "mesh".repeat(5_000);
  let received = "";
  for await (const letter of client.spell(word)) received += letter;
  expect(received).toBe(word);
});

test("a client stream is read to its end and answered once", async () => {
  const { server } = await serve();
  const raw = new Client(server.address, credentials.createInsecure());
  opened.push(raw);
  const { path, requestSerialize, responseDeserialize } = LettersService.join;
  const joined = await new Promise((resolve, reject) => {
    const call = raw.makeClientStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      (error, response) => (error ? reject(error) : resolve(response)),
    );
    for (const text of ["g", "e", "o"]) call.write(text);
    call.end();
  });
  expect(joined).toBe("geo");
});

test("a bidirectional stream is its handler's own", async () => {
  const { client } = await serve();
  const call = client.echo();
  call.write("one");
  call.write("two");
  call.end();
  expect(await call.toArray()).toEqual(["one", "two"]);
});

test("an AppError reaches the caller whole", async () => {
  const refusal = new AppError("INVALID_ARGUMENT", {
    message: "no such letter",
    fields: [{ field: "letters[0].name", description: "is unknown", reason: "known" }],
    retryAfterMs: 1_500,
    metadata: { alphabet: "latin" },
  });
  const shout = () => {
    throw refusal;
  };
  const { client } = await serve({ shout });
  const { kind, reason, publicMessage, fields, retryAfterMs, metadata } = refusal;
  await expect(client.shout("ß")).rejects.toMatchObject({
    name: "AppError",
    ...{ kind, reason, publicMessage, fields, retryAfterMs, metadata },
  });
});

test("a bidirectional stream may fail in the middle, after what it has answered", async () => {
  const refusal = new AppError("FRAME_INVALID", { message: "no such frame" });
  const { client, server } = await serve({
    echo(call) {
      call.on("data", (text: string) => {
        if (text === "bad") call.emit("error", toStatus(refusal));
        else call.write(text);
      });
    },
  });
  const call = client.echo();
  const answers: string[] = [];
  call.on("data", (text: string) => answers.push(text));
  const failed = once(call, "end").catch((error: unknown) => fromServiceError(error));
  call.write("good");
  call.write("bad");
  expect(await failed).toMatchObject({ reason: "FRAME_INVALID" });
  expect(answers).toEqual(["good"]);
  expect(await handled(server)).toEqual({ "/test.Letters/Echo INVALID_ARGUMENT": 1 });
});

test.each([
  { kind: "unary", call: (client: LettersClient) => client.shout("x") },
  { kind: "server stream", call: (client: LettersClient) => Array.fromAsync(client.spell("x")) },
  { kind: "bidirectional stream", call: (client: LettersClient) => client.echo().toArray() },
])("what broke in a $kind handler is logged, and hidden from the caller", async ({ call }) => {
  const broken = () => {
    throw new Error("connect ECONNREFUSED 10.0.0.7:5432");
  };
  const { client, server } = await serve({ shout: broken, spell: broken, echo: broken });
  const error: unknown = await call(client).catch((reason: unknown) => reason);
  expect(JSON.stringify(error)).not.toContain("10.0.0.7");
  expect(String(error)).toContain("internal error");
  expect(server.logged).toMatchObject([
    { msg: "call failed", err: { message: "connect ECONNREFUSED 10.0.0.7:5432" } },
  ]);
});

test("a call longer than the server allows ends with deadline_exceeded and tells its handler", async () => {
  const aborted = Promise.withResolvers<void>();
  const shout = (_: string, { signal }: CallContext) =>
    new Promise<string>(() => signal.addEventListener("abort", () => aborted.resolve()));
  const { client, server } = await serve({ shout }, { callDeadlineMsMax: 20 });
  await expect(client.shout("slow")).rejects.toMatchObject({ reason: "DEADLINE_EXCEEDED" });
  await aborted.promise;
  expect(await handled(server)).toEqual({ "/test.Letters/Shout DEADLINE_EXCEEDED": 1 });
});

test("an unbounded stream outlasts the longest call, is not timed, and a closing server ends it in order", async () => {
  const [started, aborted] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  async function* spell(_: string, { signal }: CallContext) {
    yield "first";
    signal.addEventListener("abort", () => aborted.resolve());
    started.resolve();
    await aborted.promise;
    yield "never sent";
  }
  const service = implement(LettersService, { ...letters, spell }, { unbounded: ["spell"] });
  const server = await startTestGrpcServer(service, { callDeadlineMsMax: 20 });
  const { address } = server;
  const client = createTsProtoClient(LettersService, { address, deadlineMs: 5_000 });
  opened.push(client, server);
  const heard = Array.fromAsync(client.spell("x", { deadlineMs: Number.POSITIVE_INFINITY }));
  await started.promise;
  await pause(100, new AbortController().signal);
  await server.close(3_600_000);
  expect(await heard).toEqual(["first"]);
  await aborted.promise;
  expect(await handled(server)).toEqual({ "/test.Letters/Spell OK": 1 });
  const text = await server.metrics.registry.metrics();
  expect(text).not.toMatch(/handling_seconds_count\{.*Spell/);
});

test("an unbounded stream whose reader stops taking waits for it, and still ends with the server", async () => {
  let sent = 0;
  async function* spell() {
    for (;;) {
      sent += 1;
      yield "x".repeat(10_000);
    }
  }
  const service = implement(LettersService, { ...letters, spell }, { unbounded: ["spell"] });
  const server = await startTestGrpcServer(service);
  const { address } = server;
  const client = createTsProtoClient(LettersService, { address, deadlineMs: 5_000 });
  opened.push(client);
  const reader = client.spell("x", { deadlineMs: Number.POSITIVE_INFINITY });
  const words = reader[Symbol.asyncIterator]();
  await words.next();
  // Nothing more is sent once the buffers on the way are full.
  const isStill = async () => {
    const before = sent;
    await pause(200, new AbortController().signal);
    return sent === before;
  };
  await expect.poll(isStill, { timeout: 5_000 }).toBe(true);
  expect(sent).toBeLessThan(1_000);
  await server.close(50);
  await words.return?.();
});

test("a caller that goes away aborts the handler's signal", async () => {
  const [started, aborted] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const shout = (_: string, { signal }: CallContext) => {
    signal.addEventListener("abort", () => aborted.resolve());
    started.resolve();
    return new Promise<string>(() => {});
  };
  const { client, server } = await serve({ shout });
  const leave = new AbortController();
  const call = client.shout("hello", { signal: leave.signal });
  await started.promise;
  leave.abort();
  await expect(call).rejects.toMatchObject({ kind: "cancelled" });
  await aborted.promise;
  expect(await handled(server)).toEqual({ "/test.Letters/Shout CANCELLED": 1 });
});

test("a handler knows the request's id, its deadline and its method", async () => {
  let seen: Partial<CallContext> = {};
  const shout = (text: string, { requestId, deadline, method }: CallContext) => {
    seen = { requestId, deadline, method };
    return text;
  };
  const { client } = await serve({ shout });
  const before = Date.now();
  await client.shout("x", { deadlineMs: 2_000, metadata: { "x-request-id": "r-1" } });
  expect(seen).toMatchObject({ requestId: "r-1", method: "/test.Letters/Shout" });
  const leftMs = Number(seen.deadline) - before;
  expect(leftMs).toBeGreaterThan(1_000);
  expect(leftMs).toBeLessThan(3_000);
});

test("a request above the limit is refused unread", async () => {
  const { server } = await serve({}, { messageBytesMax: 1_000 });
  const raw = new Client(server.address, credentials.createInsecure());
  opened.push(raw);
  const { path, requestSerialize, responseDeserialize } = LettersService.shout;
  const code = await new Promise((resolve) => {
    raw.makeUnaryRequest(path, requestSerialize, responseDeserialize, "x".repeat(1_001), (error) =>
      resolve(error?.code),
    );
  });
  expect(code).toBe(status.RESOURCE_EXHAUSTED);
});

test("calls are counted by method and code, and timed", async () => {
  const { client, server } = await serve();
  await client.shout("a");
  await client.shout("b");
  await Array.fromAsync(client.spell("c"));
  expect(await handled(server)).toEqual({
    "/test.Letters/Shout OK": 2,
    "/test.Letters/Spell OK": 1,
  });
  const text = await server.metrics.registry.metrics();
  expect(text).toMatch(
    /grpc_server_handling_seconds_count\{service="test",method="\/test.Letters\/Shout"\} 2/,
  );
});

test("until it serves, a server refuses calls as unavailable", async () => {
  const { client, server } = await serve();
  server.setServing(false);
  await expect(client.shout("a")).rejects.toMatchObject({
    kind: "unavailable",
    reason: "NOT_SERVING",
  });
  await expect(client.echo().toArray()).rejects.toMatchObject({ code: status.UNAVAILABLE });
  server.setServing(true);
  expect(await client.shout("a")).toBe("A");
});

test("a taken port is one clear sentence", async () => {
  const { server } = await serve();
  await expect(serve({}, { port: server.port })).rejects.toMatchObject({
    reason: "CANNOT_LISTEN",
    publicMessage: `cannot listen on 127.0.0.1:${server.port}: another process is using it`,
  });
});

type LettersClient = Awaited<ReturnType<typeof serve>>["client"];

async function handled(server: Awaited<ReturnType<typeof serve>>["server"]) {
  const counter = server.metrics.registry.getSingleMetric("grpc_server_handled_total");
  const { values = [] } = (await counter?.get()) ?? {};
  return Object.fromEntries(
    values.map(({ labels: { method, code }, value }) => [`${method} ${code}`, value]),
  );
}

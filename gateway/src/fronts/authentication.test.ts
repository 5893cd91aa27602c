import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import { text } from "node:stream/consumers";
import { Key_State } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import { createTestClock } from "@geomesh/testing/test-clock";
import { describe, expect, onTestFinished, test } from "vitest";
import { createAuthenticator } from "../keys/authenticate.ts";
import { KeyTable } from "../keys/key-table.ts";
import { accountRecord, change, keyRecord, planRecord, secretOf } from "../keys/testing/records.ts";
import { startTestFronts } from "./testing/fronts.ts";

const PATH = "/v1/locations/me";

/** Sends a request over the one connection that it keeps; returns the status. */
type Send = (headers: Record<string, string>, path?: string) => Promise<number>;

/** The same connection for all requests; fails where another was opened. */
function overHttp1(port: number): Send {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const sockets = new Set<unknown>();
  return async (headers, path = PATH) => {
    const request = http.request({ port, host: "127.0.0.1", path, headers, agent });
    request.end();
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    sockets.add(request.socket);
    await text(response);
    expect(sockets.size).toBe(1);
    return response.statusCode ?? 0;
  };
}

function overHttp2(port: number): Send {
  const session = http2.connect(`http://127.0.0.1:${port}`);
  onTestFinished(() => session.destroy());
  return async (headers, path = PATH) => {
    const stream = session.request({ ":path": path, ...headers });
    stream.end();
    const [received] = (await once(stream, "response")) as [http2.IncomingHttpHeaders];
    await text(stream);
    return Number(received[":status"]);
  };
}

describe.each([
  ["HTTP/1.1", overHttp1],
  ["HTTP/2", overHttp2],
] as const)("on one connection of %s", (_protocol, connect) => {
  async function connection() {
    const table = new KeyTable();
    const [secret, other] = [secretOf(), secretOf()];
    const records = [
      ...[planRecord(), accountRecord(), keyRecord(secret), keyRecord(other, { keyId: "key_b" })],
    ];
    for (const [i, record] of records.entries()) table.apply(change(i + 1, record));
    let lookups = 0;
    const find = table.find.bind(table);
    table.find = (hash) => {
      lookups += 1;
      return find(hash);
    };
    const clock = createTestClock();
    const authenticate = createAuthenticator(
      { table, beatAgeMs: () => 0, clock },
      { stalenessMaxMs: 60_000 },
    );
    const options = { authenticate, trustedProxies: ["127.0.0.0/8"] };
    const fronts = await startTestFronts(() => undefined, options);
    onTestFinished(() => fronts.close());
    const send = connect(fronts.port);
    return { table, secret, other, send, ...fronts, lookups: () => lookups };
  }

  test("a key is looked up once", async () => {
    const { secret, send, lookups } = await connection();
    for (let i = 0; i < 3; i += 1) expect(await send({ "x-api-key": secret })).toBe(200);
    expect(lookups()).toBe(1);
  });

  test("each request has the client address that it names itself", async () => {
    const { secret, send, invocations } = await connection();
    for (const address of ["198.51.100.1", "198.51.100.2"]) {
      await send({ "x-api-key": secret, "x-forwarded-for": address });
    }
    await send({ "x-api-key": secret });
    expect(invocations.map(({ clientAddress }) => clientAddress)).toEqual([
      ...["198.51.100.1", "198.51.100.2", "127.0.0.1"],
    ]);
  });

  test("each request has the principal of its own key, however it names it", async () => {
    const { secret, other, send, invocations } = await connection();
    await send({ "x-api-key": secret });
    await send({ authorization: `Bearer ${other}` });
    await send({}, `${PATH}?api_key=${secret}`);
    await send({}, `${PATH}?api_key=${other}`);
    await send({}, `${PATH}?api%5Fkey=${secret}`);
    expect(invocations.map(({ principal }) => principal.key.keyId)).toEqual([
      ...["key_a", "key_b", "key_a", "key_b", "key_a"],
    ]);
  });

  test("a request without a key, or with two, gets nothing of the one before", async () => {
    const { secret, other, send, invocations } = await connection();
    await send({ "x-api-key": secret });
    expect(await send({})).toBe(401);
    expect(await send({ "x-api-key": secret, authorization: `Bearer ${other}` })).toBe(400);
    expect(await send({ "x-api-key": secret }, `${PATH}?api_key=${other}`)).toBe(400);
    expect(await send({ "x-api-key": secret }, `${PATH}?api%5Fkey=${other}`)).toBe(400);
    expect(invocations).toHaveLength(1);
  });

  test("a revoked key is refused from the next request on", async () => {
    const { table, secret, send } = await connection();
    expect(await send({ "x-api-key": secret })).toBe(200);
    table.apply(change(9, keyRecord(secret, { state: Key_State.REVOKED })));
    expect(await send({ "x-api-key": secret })).toBe(401);
  });
});

import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { closedLoop } from "./closed-loop.ts";
import { Connection } from "./connection.ts";
import { Latencies } from "./latencies.ts";
import { openLoop } from "./open-loop.ts";

const REQUEST = Buffer.from("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n");
const STALL_MS = 300;
/** Long enough for the requests of all connections to come. */
const ANSWER_MS = 20;

/** Connections to a server that answers the nth request of all by `answer`. */
async function connectionsTo(
  answer: (response: http.ServerResponse, number: number) => void,
  count: number,
): Promise<Connection[]> {
  let number = 0;
  const server = http.createServer((_request, response) => answer(response, ++number));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const connections = Array.from({ length: count }, () => new Connection(port));
  await Promise.all(connections.map((each) => each.open()));
  onTestFinished(() => {
    for (const each of connections) each.close();
    server.close();
  });
  return connections;
}

const ok = (response: http.ServerResponse) => {
  response.writeHead(200, { "content-length": 2 });
  response.end("ok");
};

test("in the open loop every request that a stall delays counts from when it was due", async () => {
  const connections = await connectionsTo((response, number) => {
    if (number === 10) setTimeout(ok, STALL_MS, response);
    else ok(response);
  }, 1);
  const { requests, statuses, latencies } = await openLoop(connections, [REQUEST], {
    perSecond: 100,
    seconds: 0.6,
  });
  expect({ requests, statuses }).toEqual({ requests: 60, statuses: { "200": 60 } });
  // Of those that were due in the stall, half were due in its first half. In a closed loop one request would be late.
  const all = Latencies.sum([latencies]);
  expect(all.maxMs).toBeGreaterThanOrEqual(STALL_MS - 1);
  const late = latencies.filter(([bucket]) => bucket >= bucketOfMs(STALL_MS / 2));
  expect(late.reduce((sum, [, count]) => sum + count, 0)).toBeGreaterThanOrEqual(14);
});

test("in the closed loop each connection has one request under way", async () => {
  let [underWay, most] = [0, 0];
  const connections = await connectionsTo((response) => {
    underWay += 1;
    most = Math.max(most, underWay);
    setTimeout(() => {
      underWay -= 1;
      ok(response);
    }, ANSWER_MS);
  }, 4);
  const { requests, statuses } = await closedLoop(connections, [REQUEST], { seconds: 0.2 });
  expect(statuses).toEqual({ "200": requests });
  expect(most).toBe(4);
});

test("in the closed loop a refused connection waits as it was told, if it is to", async () => {
  const refuse = (response: http.ServerResponse) => {
    response.writeHead(429, { "retry-after": "1", "content-length": 0 });
    response.end();
  };
  const patient = { seconds: 1.5, waitsAsTold: true };
  const waited = await closedLoop(await connectionsTo(refuse, 1), [REQUEST], patient);
  expect(waited.statuses).toEqual({ "429": 2 });
  const { statuses } = await closedLoop(await connectionsTo(refuse, 1), [REQUEST], {
    seconds: 0.1,
  });
  expect(statuses["429"]).toBeGreaterThan(2);
});

test("a connection that breaks is counted, and made anew", async () => {
  const connections = await connectionsTo((response, number) => {
    if (number === 3) response.destroy();
    else ok(response);
  }, 1);
  const { requests, statuses } = await openLoop(connections, [REQUEST], {
    perSecond: 100,
    seconds: 0.1,
  });
  expect(requests).toBe(10);
  expect(statuses).toEqual({ "200": 9, broken: 1 });
});

function bucketOfMs(ms: number): number {
  const one = new Latencies();
  one.count(ms);
  return one.toCounts()[0]?.[0] ?? 0;
}

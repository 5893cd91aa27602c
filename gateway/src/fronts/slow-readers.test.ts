import { once } from "node:events";
import net from "node:net";
import { create } from "@bufbuild/protobuf";
import { ListDatasetsResponseSchema } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { eventually } from "@geomesh/testing/eventually";
import { expect, onTestFinished, test } from "vitest";
import { http1 } from "../http/testing/clients.ts";
import { RawHttp2 } from "../http/testing/raw-http2.ts";
import type { UnsentOptions } from "../http/unsent.ts";
import { startTestFronts, TEST_KEY } from "./testing/fronts.ts";

const ANSWER_BYTES = 500_000;
/** More than the buffers of the system take. */
const REQUESTS = 60;
const PATH = `/v1/datasets?api_key=${TEST_KEY}`;
const REQUEST = `GET ${PATH} HTTP/1.1\r\nHost: test\r\n\r\n`;
const HOUR_MS = 3_600_000;
const BIG = create(ListDatasetsResponseSchema, {
  datasets: [{ name: "x".repeat(ANSWER_BYTES) }],
});

async function start(unsent: UnsentOptions) {
  const fronts = await startTestFronts(() => BIG, { unsent });
  onTestFinished(fronts.close);
  const metric = async (name: string) => {
    const text = await fronts.metrics();
    return Number(new RegExp(`^${name}{?.*?}? (\\S+)$`, "m").exec(text)?.[1]);
  };
  return { ...fronts, metric };
}

/** A client of HTTP/1.1 that sends requests in one write, and reads nothing. */
function deaf1(port: number): net.Socket {
  const socket = net.connect(port, "127.0.0.1").pause();
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => undefined);
  socket.write(REQUEST.repeat(REQUESTS));
  return socket;
}

/** A client of HTTP/2 that lets nothing be sent. */
function deaf2(port: number, first = 1, count = REQUESTS): RawHttp2 {
  const client = new RawHttp2(port, 0);
  onTestFinished(() => void client.socket.destroy());
  ask2(client, first, count);
  return client;
}

function ask2(client: RawHttp2, first: number, count: number): void {
  client.get(...Array.from({ length: count }, (_, n) => [first + 2 * n, PATH] as const));
}

const CUT = 'gateway_connections_cut_total{reason="slow_reader"';

test.each([
  ["HTTP/1.1", (port: number) => deaf1(port)],
  ["HTTP/2 with a window of zero", (port: number) => deaf2(port).socket],
])(
  "a client of %s that does not read its answers in time is cut, and others are not",
  async (_, connect) => {
    const { port, metric, invocations } = await start({ readMsMax: 400 });
    const socket = connect(port);
    await eventually(() => invocations.length >= REQUESTS);
    expect((await http1(port, { path: PATH })).status).toBe(200);
    // A paused socket sees its end only when it reads.
    await eventually(async () => expect(await metric(CUT)).toBe(1));
    expect((await http1(port, { path: PATH })).status).toBe(200);
    await eventually(async () => expect(await metric("gateway_unsent_bytes")).toBe(0));
    socket.resume();
    if (!socket.closed) await once(socket, "close");
  },
);

test("a connection of HTTP/2 with too much unread gets no request served until it reads, and then all", async () => {
  const connectionBytesMax = 2_000_000;
  const { port, metric, invocations } = await start({ connectionBytesMax, readMsMax: HOUR_MS });
  const client = deaf2(port, 1, 10);
  await eventually(async () => {
    expect(await metric("gateway_unsent_bytes")).toBeGreaterThan(connectionBytesMax);
  });
  const before = invocations.length;
  ask2(client, 101, 10);
  const other = await http1(port, { path: PATH });
  expect([other.status, invocations.length]).toEqual([200, before + 1]);
  client.openWindow(2 ** 30);
  await client.until(() => client.answered().length === 20);
  expect(client.answered()).toHaveLength(20);
  expect(await metric(CUT)).toBe(0);
});

test("where all together leave too much unread, those that have waited longest are cut", async () => {
  const { port, metric } = await start({ bytesMax: 20 * ANSWER_BYTES, readMsMax: HOUR_MS });
  const first = deaf2(port, 1, 15);
  await eventually(async () => expect(await metric("gateway_unsent_bytes")).toBeGreaterThan(0));
  const second = deaf2(port, 1, 15);
  if (!first.socket.closed) await once(first.socket, "close");
  expect(await metric(CUT)).toBe(1);
  second.openWindow(2 ** 30);
  await second.until(() => second.answered().length === 15);
  expect(second.answered()).toHaveLength(15);
});

test("a client that reads is never held up, however much it asks for", async () => {
  const { port, metric } = await start({ connectionBytesMax: 1, bytesMax: 10 * ANSWER_BYTES });
  const client = new RawHttp2(port, 2 ** 31 - 1);
  onTestFinished(() => void client.socket.destroy());
  client.openWindow(2 ** 30);
  for (let round = 0; round < 5; round += 1) {
    ask2(client, 1 + round * 10, 5);
    await client.until(() => client.answered().length === 5 * (round + 1));
  }
  expect(client.answered()).toHaveLength(25);
  expect(await metric(CUT)).toBe(0);
});

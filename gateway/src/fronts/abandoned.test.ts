import http from "node:http";
import http2 from "node:http2";
import net from "node:net";
import { GeoService } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { eventually } from "@geomesh/testing/eventually";
import { expect, onTestFinished, test } from "vitest";
import type { Asker } from "../operations/asker.ts";
import { principalForTest } from "../operations/testing/principal.ts";
import { pipelineForTest } from "../rpc/testing/pipeline.ts";
import { startTestFronts, TEST_KEY } from "./testing/fronts.ts";

const KEY = { "x-api-key": TEST_KEY };
const REST_PATH = "/v1/locations/192.0.2.1";
const CONNECT_PATH = `/${GeoService.typeName}/GetLocation`;
const JSON_KEY = { ...KEY, "content-type": "application/json" };

/** Sends a request whose answer the client does not wait for; returns what makes the client go. */
type Send = (port: number) => () => void;

const overHttp1 =
  (path: string, headers: Record<string, string>, body?: string): Send =>
  (port) => {
    const method = body === undefined ? "GET" : "POST";
    const options = { port, host: "127.0.0.1", method, path, headers, agent: false };
    const request = http.request(options);
    request.on("error", () => undefined);
    request.end(body);
    return () => request.destroy();
  };

/** Closes the client's half of a connection alone, and reads on: no server can tell that from a client that has closed it. */
const halfClosed: Send = (port) => {
  const socket = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  socket
    .resume()
    .write(`GET ${REST_PATH} HTTP/1.1\r\nHost: test\r\nX-API-Key: ${TEST_KEY}\r\n\r\n`);
  return () => socket.end();
};

const overHttp2 =
  (path: string, headers: Record<string, string>, body?: string): Send =>
  (port) => {
    const session = http2.connect(`http://127.0.0.1:${port}`);
    onTestFinished(() => session.destroy());
    const method = body === undefined ? "GET" : "POST";
    const stream = session.request({ ":method": method, ":path": path, ...headers });
    stream.on("error", () => undefined);
    stream.end(body);
    return () => stream.close(http2.constants.NGHTTP2_CANCEL);
  };

const BODY = '{"ip_address":"192.0.2.1"}';

test.each<[string, Send]>([
  ["REST over HTTP/1.1", overHttp1(REST_PATH, KEY)],
  ["HTTP/1.1 by its half of the connection", halfClosed],
  ["REST over HTTP/2", overHttp2(REST_PATH, KEY)],
  ["Connect over HTTP/1.1", overHttp1(CONNECT_PATH, JSON_KEY, BODY)],
  ["Connect over HTTP/2", overHttp2(CONNECT_PATH, JSON_KEY, BODY)],
])(
  "a client of %s that goes before its answer is recorded is not charged",
  async (_front, send) => {
    const { policy, geo, usage, lease } = await pipelineForTest();
    await lease();
    geo.isHolding = true;
    const askers: Asker[] = [];
    const fronts = await startTestFronts(() => undefined, {
      authenticate: () => principalForTest(),
      policy: {
        run(operation, principal, request, asker) {
          askers.push(asker);
          policy.run(operation, principal, request, asker);
        },
      },
    });
    onTestFinished(() => fronts.close());
    const go = send(fronts.port);
    await eventually(() => geo.frames.length === 1);
    expect(askers.map(({ isGone }) => isGone)).toEqual([false]);
    go();
    await eventually(() => askers[0]?.isGone === true);
    geo.answer();
    expect(usage).toMatchObject([{ status: 499, units: 0 }]);
  },
);

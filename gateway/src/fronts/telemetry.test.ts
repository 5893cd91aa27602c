import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { GeoService } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { AppError } from "@geomesh/runtime/errors";
import { eventually } from "@geomesh/testing/eventually";
import { expect, onTestFinished, test } from "vitest";
import { http1, http2PriorKnowledge } from "../http/testing/clients.ts";
import { sendRaw } from "../http/testing/raw-http.ts";
import { RawHttp2 } from "../http/testing/raw-http2.ts";
import { type Answer, startTestFronts, TEST_KEY } from "./testing/fronts.ts";

const HEADERS = { "x-api-key": TEST_KEY };
const LOOKUP = { path: "/v1/locations/192.0.2.1", headers: HEADERS };

async function start(answer?: Answer) {
  const fronts = await startTestFronts(answer);
  onTestFinished(fronts.close);
  /** The lines of a metric without the labels of every metric. */
  const counted = async (name: string) =>
    (await fronts.metrics())
      .split("\n")
      .filter((line) => line.startsWith(`${name}{`))
      .map((line) => line.slice(name.length).replace(/,?service="test"/, ""));
  return { ...fronts, counted };
}

const down = () => {
  throw new AppError("UPSTREAM_UNAVAILABLE", { cause: new Error("14 UNAVAILABLE: geo") });
};

test("answers are counted by operation and class of status, whatever way they were asked for", async () => {
  const { port, url, counted } = await start();
  await http1(port, LOOKUP);
  await http2PriorKnowledge(port, LOOKUP);
  const transport = createConnectTransport({ httpVersion: "1.1", baseUrl: url });
  const client = createClient(GeoService, transport);
  await client.getLocation({ ipAddress: "192.0.2.1" }, { headers: HEADERS });
  await http1(port, { ...LOOKUP, headers: {} });
  await http1(port, { path: "/nowhere" });
  await http1(port, { path: "/v1/flags/de.svg" });
  await sendRaw(port, "nonsense\r\n\r\n");
  expect((await counted("gateway_requests_total")).toSorted()).toEqual([
    '{operation="Flag",status="2xx"} 1',
    '{operation="GetLocation",status="2xx"} 3',
    '{operation="GetLocation",status="4xx"} 1',
    '{operation="none",status="4xx"} 2',
  ]);
  expect(await counted("gateway_request_seconds_count")).toContain('{operation="GetLocation"} 4');
  expect((await counted("gateway_refusals_total")).toSorted()).toEqual([
    '{reason="invalid_argument"} 1',
    '{reason="key_missing"} 1',
    '{reason="not_found"} 1',
  ]);
});

test("a 503 has a line with its request and its cause, asked for by REST and by Connect alike", async () => {
  const { port, url, logged, counted } = await start(down);
  await http1(port, { ...LOOKUP, headers: { ...HEADERS, "x-request-id": "by-rest" } });
  const client = createClient(
    GeoService,
    createConnectTransport({ httpVersion: "1.1", baseUrl: url }),
  );
  const headers = { ...HEADERS, "x-request-id": "by-connect" };
  const refused = await client.getLocation({ ipAddress: "192.0.2.1" }, { headers }).catch((e) => e);
  expect(ConnectError.from(refused).code).toBe(Code.Unavailable);
  expect(logged).toMatchObject(
    ["by-rest", "by-connect"].map((request_id) => ({
      ...{ request_id, operation: "GetLocation", reason: "UPSTREAM_UNAVAILABLE" },
      err: { cause: { message: "14 UNAVAILABLE: geo" } },
    })),
  );
  expect(await counted("gateway_requests_total")).toEqual([
    '{operation="GetLocation",status="5xx"} 2',
  ]);
});

test("connections are counted by protocol while they are open", async () => {
  const { port, counted } = await start();
  const client = new RawHttp2(port);
  await client.until((frames) => frames.length > 0);
  await http1(port, LOOKUP);
  const open = () => counted("gateway_connections");
  await eventually(async () => {
    expect(await open()).toEqual(['{protocol="http1"} 0', '{protocol="http2"} 1']);
  });
  client.socket.destroy();
  await eventually(async () => expect(await open()).toContain('{protocol="http2"} 0'));
  expect(await counted("gateway_connections_total")).toEqual(["{} 2"]);
});

import { afterEach, expect, test } from "vitest";
import { http1, http2PriorKnowledge } from "../http/testing/clients.ts";
import { sendRaw } from "../http/testing/raw-http.ts";
import { startTestFronts, TEST_KEY, type TestFronts } from "./testing/fronts.ts";

let fronts: TestFronts;
afterEach(() => fronts.close());

const forwarded = {
  path: "/v1/datasets",
  headers: { "x-api-key": TEST_KEY, "x-forwarded-for": "198.51.100.7" },
};

test("operations see the socket's address, and that of the client behind a trusted proxy", async () => {
  fronts = await startTestFronts();
  await http1(fronts.port, forwarded);
  await http2PriorKnowledge(fronts.port, forwarded);
  await fronts.close();
  const direct = fronts.invocations.map(({ clientAddress }) => clientAddress);
  expect(direct).toEqual(["127.0.0.1", "127.0.0.1"]);

  fronts = await startTestFronts(undefined, { trustedProxies: ["127.0.0.0/8"] });
  await http1(fronts.port, forwarded);
  await http2PriorKnowledge(fronts.port, forwarded);
  const proxied = fronts.invocations.map(({ clientAddress }) => clientAddress);
  expect(proxied).toEqual(["198.51.100.7", "198.51.100.7"]);
});

test("a forwarding header may come in several lines, which are one list", async () => {
  fronts = await startTestFronts(undefined, { trustedProxies: ["127.0.0.0/8"] });
  const lines = [
    "Forwarded: for=1.2.3.4",
    "Forwarded: for=198.51.100.7",
    "Forwarded: for=127.0.0.2",
  ];
  const head = [
    "GET /v1/datasets HTTP/1.1",
    "Host: x",
    `X-API-Key: ${TEST_KEY}`,
    "Connection: close",
  ];
  await sendRaw(fronts.port, [...head, ...lines, "", ""].join("\r\n"));
  const xff = { "x-forwarded-for": ["1.2.3.4", "198.51.100.8"] as never };
  await http2PriorKnowledge(fronts.port, {
    ...forwarded,
    headers: { ...forwarded.headers, ...xff },
  });
  expect(fronts.invocations.map(({ clientAddress }) => clientAddress)).toEqual([
    ...["198.51.100.7", "198.51.100.8"],
  ]);
});

test.each([
  ["once", ["198.51.100.7"], "198.51.100.7"],
  ["twice, which may hide what the proxy wrote", ["198.51.100.7", "198.51.100.7"], "127.0.0.1"],
  ["not at all", [], "127.0.0.1"],
])("a header that is chosen names the client where it comes %s", async (_why, values, address) => {
  fronts = await startTestFronts(undefined, {
    trustedProxies: ["127.0.0.0/8"],
    clientAddressHeader: "X-Real-IP",
  });
  const lines = values.map((value) => `X-Real-IP: ${value}\r\n`).join("");
  const head = `Host: x\r\nX-API-Key: ${TEST_KEY}\r\nX-Forwarded-For: 1.2.3.4\r\n${lines}`;
  const start = "GET /v1/datasets HTTP/1.1\r\n";
  await sendRaw(fronts.port, `${start}${head}Connection: close\r\n\r\n`);
  const named = { ...forwarded.headers, "x-real-ip": values as never };
  await http2PriorKnowledge(fronts.port, { ...forwarded, headers: named });
  expect(fronts.invocations.map(({ clientAddress }) => clientAddress)).toEqual([address, address]);
});

test("a path that no front knows is answered by a problem, over any protocol", async () => {
  fronts = await startTestFronts();
  for (const client of [http1, http2PriorKnowledge]) {
    const { status, body } = await client(fronts.port, { path: "/favicon.ico" });
    expect(status).toBe(404);
    expect(JSON.parse(body)).toMatchObject({ code: "not_found", status: 404 });
  }
});

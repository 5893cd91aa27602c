import { describe, expect, onTestFinished, test } from "vitest";
import { http1, http2PriorKnowledge, type Sent } from "../http/testing/clients.ts";
import { startTestFronts, TEST_KEY, type TestFrontsOptions } from "./testing/fronts.ts";

const KEY = { "x-api-key": TEST_KEY };
const TIMING = /^total;dur=\d{1,5}\.\d$/;

async function start(options: TestFrontsOptions = {}) {
  const fronts = await startTestFronts(undefined, options);
  onTestFinished(() => fronts.close());
  return fronts;
}

const ASKED: readonly [what: string, sent: Sent][] = [
  ["REST", { path: "/v1/locations/192.0.2.1", headers: KEY }],
  ["an error", { path: "/v1/locations/192.0.2.1" }],
  ["a flag", { path: "/v1/flags/de.svg" }],
  [
    "Connect",
    {
      method: "POST",
      path: "/geomesh.geo.v1.GeoService/GetLocation",
      headers: { ...KEY, "content-type": "application/json" },
      body: "{}",
    },
  ],
];

describe.each([
  ["HTTP/1.1", http1],
  ["HTTP/2", http2PriorKnowledge],
])("over %s", (_protocol, client) => {
  test.each(ASKED)("an answer tells its time by choice alone: %s", async (_what, sent) => {
    const { headers } = await client((await start({ serverTiming: true })).port, sent);
    expect(headers["server-timing"]).toMatch(TIMING);
    const silent = await client((await start()).port, sent);
    expect(silent.headers).not.toHaveProperty("server-timing");
  });

  test("a page may read it", async () => {
    const options = { serverTiming: true, corsAllowedOrigins: ["https://app.example"] };
    const { headers } = await client((await start(options)).port, {
      path: "/v1/flags/de.svg",
      headers: { origin: "https://app.example" },
    });
    expect(headers["server-timing"]).toMatch(TIMING);
    expect(headers["access-control-expose-headers"]).toContain("server-timing");
  });
});

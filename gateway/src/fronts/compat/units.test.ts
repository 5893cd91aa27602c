import { create } from "@bufbuild/protobuf";
import { type Location, LocationSchema } from "@geomesh/proto/es/geomesh/geo/v1/location_pb";
import { expect, onTestFinished, test } from "vitest";
import { http1, type Sent } from "../../http/testing/clients.ts";
import type { AnswerOf } from "../../lookups/testing/fake-geo.ts";
import { principalForTest } from "../../operations/testing/principal.ts";
import { pipelineForTest, QUOTA_UNITS } from "../../rpc/testing/pipeline.ts";
import { startTestFronts } from "../testing/fronts.ts";
import { special, WHOLE } from "./testing/locations.ts";

const principal = principalForTest();

/** What geo says: an address that begins with 10 is private, a name is none, any other is somewhere. */
const answerOf: AnswerOf = (ipAddress) => {
  const located = (value: Location) => ({ result: { case: "location" as const, value } });
  if (ipAddress.startsWith("10.")) return located(special(ipAddress, "Private-Use"));
  if (/[.:]/.test(ipAddress)) return located(create(LocationSchema, { ...WHOLE, ipAddress }));
  const message = "ip_address must be an address";
  return { result: { case: "error", value: { ipAddress, code: "invalid_argument", message } } };
};

/** The façades over the whole way of a request, and what they bill. */
async function served() {
  const pipeline = await pipelineForTest();
  pipeline.geo.answerOf = answerOf;
  await pipeline.lease(principal);
  const fronts = await startTestFronts(undefined, {
    authenticate: () => principal,
    policy: pipeline.policy,
  });
  onTestFinished(() => fronts.close());
  return {
    send: (sent: Sent) => http1(fronts.port, sent),
    billed: () => pipeline.usage.map(({ operation, units }) => [operation, units]),
  };
}

test.each<[string, Sent, number, [string, number]]>([
  ["Abstract", { path: "/v1?ip_address=8.8.8.8" }, 200, ["GetLocation", 1]],
  ["Abstract", { path: "/v1?ip_address=10.0.0.1" }, 204, ["GetLocation", 0]],
  ["Abstract", { path: "/v1?ip_address=nonsense" }, 400, ["GetLocation", 0]],
  ["MaxMind", { path: "/geoip/v2.1/city/8.8.8.8" }, 200, ["GetLocation", 1]],
  [
    "MaxMind, as REST",
    { method: "HEAD", path: "/geoip/v2.1/city/8.8.8.8" },
    200,
    ["GetLocation", 1],
  ],
  ["MaxMind", { path: "/geoip/v2.1/city/10.0.0.1" }, 400, ["GetLocation", 0]],
  ["MaxMind", { path: "/geoip/v2.1/city/nonsense" }, 400, ["GetLocation", 0]],
  ["ipinfo", { path: "/compat/ipinfo/8.8.8.8/city" }, 200, ["GetLocation", 1]],
  ["ipinfo", { path: "/compat/ipinfo/nonsense" }, 404, ["GetLocation", 0]],
  [
    "ipinfo, an address that comes twice once",
    {
      ...{ method: "POST", path: "/compat/ipinfo/batch" },
      body: "8.8.8.8\n8.8.8.8/city\n8.8.4.4\n10.0.0.1\nnonsense",
    },
    200,
    ["BatchGetLocations", 2],
  ],
  ["ip-api", { path: "/compat/ip-api/json/8.8.8.8" }, 200, ["GetLocation", 1]],
  ["ip-api", { path: "/compat/ip-api/json/example.com" }, 200, ["GetLocation", 1]],
  [
    "ip-api, every entry",
    {
      ...{ method: "POST", path: "/compat/ip-api/batch" },
      body: '["8.8.8.8","8.8.8.8","10.0.0.1","nonsense"]',
    },
    200,
    ["BatchGetLocations", 2],
  ],
])(
  "%s costs for %j, which is a %i, what the operation costs: %j",
  async (_who, sent, status, usage) => {
    const { send, billed } = await served();
    expect((await send(sent)).status).toBe(status);
    expect(billed()).toEqual([usage]);
  },
);

test("MaxMind's clients learn what is left of the month, and ip-api's where they stand", async () => {
  const { send } = await served();
  const { body } = await send({ path: "/geoip/v2.1/country/8.8.8.8" });
  expect(JSON.parse(body).maxmind).toEqual({ queries_remaining: QUOTA_UNITS - 1 });
  const { headers } = await send({ path: "/compat/ip-api/json/8.8.8.8" });
  expect(headers["x-rl"]).toMatch(/^\d+$/);
});

test("a request that the façade itself refuses is not billed", async () => {
  const { send, billed } = await served();
  for (const path of ["/v1?fields=x", "/geoip/v2.1/city", "/compat/ipinfo/8.8.8.8/x"]) {
    expect((await send({ path })).status).toBeGreaterThanOrEqual(400);
  }
  expect((await send({ method: "POST", path: "/compat/ip-api/batch", body: "[" })).status).toBe(
    400,
  );
  expect(billed()).toEqual([]);
});

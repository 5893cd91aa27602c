import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Client, http1, http2PriorKnowledge } from "../http/testing/clients.ts";
import { startTestFronts, TEST_KEY, type TestFronts } from "./testing/fronts.ts";

const HEADERS = { "x-api-key": TEST_KEY, "content-type": "application/json" };
const RPC = "/geomesh.geo.v1.GeoService/BatchGetLocations";

let fronts: TestFronts;
beforeAll(async () => {
  fronts = await startTestFronts();
});
afterAll(() => fronts.close());
beforeEach(() => {
  fronts.invocations.length = 0;
});

describe.each([
  ["HTTP/1.1", http1],
  ["HTTP/2", http2PriorKnowledge],
] satisfies [string, Client][])("over %s", (_version, client) => {
  describe.each([
    ["REST", "/v1/locations:batchGet"],
    ["Connect", RPC],
  ])("a JSON body of %s", (_front, path) => {
    const post = (body: string, headers = {}) =>
      client(fronts.port, { method: "POST", path, headers: { ...HEADERS, ...headers }, body });

    test.each([
      ["two members of one name", '{"ip_addresses":["192.0.2.1"],"ip_addresses":["198.51.100.1"]}'],
      ["one of them null", '{"ip_addresses":null,"ip_addresses":["198.51.100.1"]}'],
      ["one of them escaped", '{"ip_addresses":["192.0.2.1"],"ip\\u005faddresses":[]}'],
      ["one field under its two names", '{"ip_addresses":["192.0.2.1"],"ipAddresses":[]}'],
    ])("is refused for %s", async (_what, body) => {
      const { status, body: answer } = await post(body);
      expect(status).toBe(400);
      expect(answer).toMatch(/ip_?addresses[^,]*is given twice/i);
      expect(fronts.invocations).toEqual([]);
    });

    test.each(["", " ", "identity"])("may have the content coding %j", async (coding) => {
      const { status } = await post('{"ip_addresses":["::1"]}', { "content-encoding": coding });
      expect(status).toBe(200);
      expect(fronts.invocations).toMatchObject([{ request: { ipAddresses: ["::1"] } }]);
    });

    test("may not have a coding that nobody here knows", async () => {
      const { status } = await post("{}", { "content-encoding": "sdch" });
      expect([400, 415, 501]).toContain(status);
    });
  });

  test.each([
    ["an answer", { path: "/v1/datasets" }, 200],
    ["a list", { path: "/v1/accounts" }, 200],
    ["a problem", { path: "/nope" }, 404],
  ])("%s ends with a newline, which its length counts", async (_what, sent, expected) => {
    const { status, headers, body } = await client(fronts.port, { ...sent, headers: HEADERS });
    expect([status, body.at(-1)]).toEqual([expected, "\n"]);
    expect(headers["content-length"]).toBe(`${Buffer.byteLength(body)}`);
  });

  test("a message of Connect in the query is refused for two members of one name", async () => {
    const message = encodeURIComponent('{"ip_address":"192.0.2.1","ip_address":"198.51.100.1"}');
    const path = `/geomesh.geo.v1.GeoService/GetLocation?connect=v1&encoding=json&message=${message}`;
    const { status, body } = await client(fronts.port, { path, headers: HEADERS });
    expect([status, body]).toEqual([400, expect.stringContaining("is given twice")]);
  });
});

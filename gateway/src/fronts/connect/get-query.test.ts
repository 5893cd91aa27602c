import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { http1 } from "../../http/testing/clients.ts";
import { startTestFronts, TEST_KEY, type TestFronts } from "../testing/fronts.ts";
import { GET_LOCATION } from "./testing/malformed-calls.ts";

let fronts: TestFronts;
beforeAll(async () => {
  fronts = await startTestFronts();
});
afterAll(() => fronts.close());
beforeEach(() => {
  fronts.invocations.length = 0;
});

describe("a Connect call by GET", () => {
  const get = async (query: Record<string, string>) => {
    const path = `${GET_LOCATION}?${new URLSearchParams(query)}`;
    const { status, body } = await http1(fronts.port, { path, headers: { "x-api-key": TEST_KEY } });
    return { status, json: JSON.parse(body) };
  };

  test.each([
    ["no encoding", { message: "{}" }],
    ["an unknown encoding", { message: "{}", encoding: "xml" }],
    ["JSON that is none", { message: "{", encoding: "json" }],
    ["no base64", { message: "!!!", encoding: "proto", base64: "1" }],
    ["no protobuf", { message: "Dw", encoding: "proto", base64: "1" }],
    [
      "a compression that is none",
      { message: "e30", encoding: "json", base64: "1", compression: "gzip" },
    ],
  ])("with %s is the client's mistake", async (_what, query) => {
    const { status, json } = await get(query as Record<string, string>);
    expect([status, json.code]).toEqual([400, "invalid_argument"]);
    expect(json.details[0].type).toBe("google.rpc.ErrorInfo");
  });

  test("may be compressed", async () => {
    const message = gzipSync('{"ip_address":"192.0.2.1"}').toString("base64url");
    const { status } = await get({ encoding: "json", base64: "1", compression: "gzip", message });
    expect(status).toBe(200);
    expect(fronts.invocations).toMatchObject([{ request: { ipAddress: "192.0.2.1" } }]);
  });
});

import { Code } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { http1, http2PriorKnowledge } from "../../http/testing/clients.ts";
import { startTestFronts, TEST_KEY, type TestFronts } from "../testing/fronts.ts";
import { callRaw, envelope, type RawProtocol } from "./testing/raw-rpc.ts";

let fronts: TestFronts;
beforeAll(async () => {
  fronts = await startTestFronts();
});
afterAll(() => fronts.close());

const NOT_SERVED = [
  ["an internal RPC", "/geomesh.auth.v1.DirectoryService/WatchChanges"],
  ["another internal RPC", "/geomesh.metering.v1.LeaseService/AcquireLease"],
  ["frames of addresses", "/geomesh.geo.v1.LookupService/LookupFrames"],
  ["an RPC that a public service has not", "/geomesh.auth.v1.AuthService/StreamChanges"],
  ["an unknown service", "/no.such.Service/Call"],
] as const;

describe.each<[RawProtocol, number]>([
  ["grpc", 200],
  ["grpc-web", 200],
  ["connect", 404],
])("by %s", (protocol, httpStatus) => {
  test.each(NOT_SERVED)("%s is UNIMPLEMENTED under %s, whoever asks", async (_what, path) => {
    for (const headers of [{}, { "x-api-key": "other" }]) {
      const body = protocol === "connect" ? "" : envelope("");
      const answer = await callRaw(fronts.port, protocol, { path, body, headers });
      expect(answer).toMatchObject({
        ...{ httpStatus, code: Code.Unimplemented, reason: "RPC_NOT_SERVED" },
        message: `${path} is not served`,
      });
      expect(answer.headers["x-request-id"]).toBeDefined();
    }
  });
});

test.each(["/", "/nope", "/v1/datasets", "/v1/locations:batchGet"])(
  "gRPC to %s, where there is no RPC, has its status in the headers, as Trailers-Only",
  async (path) => {
    const { status, headers } = await http2PriorKnowledge(fronts.port, {
      method: "POST",
      path,
      headers: { "content-type": "application/grpc", te: "trailers" },
    });
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      "content-type": "application/grpc",
      "grpc-status": "12",
      "grpc-message": `${path} is not served`,
    });
  },
);

test("a Connect call by GET of an unknown RPC is told in Connect's way", async () => {
  const path = "/no.such.Service/Call?connect=v1&encoding=json&message={}";
  const { status, body } = await http1(fronts.port, { path });
  expect([status, JSON.parse(body).code]).toEqual([404, "unimplemented"]);
});

test.each([
  ["GET", "/no.such.Service/Call", {}],
  ["POST", "/no.such.Service/Call", { "content-type": "text/plain" }],
  ["POST", "/nope", { "content-type": "application/json" }],
])("%s %s with %j is no call, and a problem", async (method, path, headers) => {
  const { status, body } = await http1(fronts.port, { method, path, headers });
  expect([status, JSON.parse(body).code]).toEqual([404, "not_found"]);
});

describe("on the path of an RPC", () => {
  const GET_LOCATION = "/geomesh.geo.v1.GeoService/GetLocation";
  const CREATE_KEY = "/geomesh.auth.v1.AuthService/CreateKey";

  test.each([
    [GET_LOCATION, "GET, POST, OPTIONS"],
    [CREATE_KEY, "POST, OPTIONS"],
    ["/grpc.health.v1.Health/Watch", "POST, OPTIONS"],
  ])("%s OPTIONS lists %s, without a key", async (path, allow) => {
    for (const client of [http1, http2PriorKnowledge]) {
      const { status, headers } = await client(fronts.port, { method: "OPTIONS", path });
      expect([status, headers["allow"]]).toEqual([204, allow]);
      const refused = await client(fronts.port, { method: "DELETE", path });
      expect([refused.status, refused.headers["allow"]]).toEqual([405, allow]);
      expect(JSON.parse(refused.body).code).toBe("method_not_allowed");
    }
  });

  test.each(["text/plain", "application/xml", "application/connect+json", ""])(
    "the content type %j is refused with those that are not",
    async (type) => {
      const headers = { "x-api-key": TEST_KEY, ...(type !== "" && { "content-type": type }) };
      const answer = await http1(fronts.port, { method: "POST", path: GET_LOCATION, headers });
      expect(answer.status).toBe(415);
      expect(answer.headers["accept-post"]).toContain("application/grpc");
      expect(JSON.parse(answer.body).code).toBe("unsupported_media_type");
    },
  );
});

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, type Interceptor } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { AuthService } from "@geomesh/proto/es/geomesh/auth/v1/auth_service_pb";
import {
  GeoService,
  GetLocationResponseSchema,
} from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { LeaseService } from "@geomesh/proto/es/geomesh/metering/v1/lease_service_pb";
import {
  BadRequestSchema,
  ErrorInfoSchema,
  RetryInfoSchema,
} from "@geomesh/proto/es/google/rpc/error_details_pb";
import { SYSTEM_CLOCK } from "@geomesh/runtime/clock";
import { AppError } from "@geomesh/runtime/errors";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { http1 } from "../../http/testing/clients.ts";
import { type Answer, startTestFronts, TEST_KEY, type TestFronts } from "../testing/fronts.ts";

const run = promisify(execFile);
const LOCATION = { city: "London", latitude: 51.5 };

let answer: Answer;
let fronts: TestFronts;
beforeAll(async () => {
  fronts = await startTestFronts((invocation) => answer(invocation));
});
afterAll(() => fronts.close());
beforeEach(() => {
  fronts.invocations.length = 0;
  fronts.credentials.length = 0;
  answer = () => create(GetLocationResponseSchema, { location: LOCATION });
});

const withKey: Interceptor = (next) => (request) => {
  request.header.set("authorization", `Bearer ${TEST_KEY}`);
  return next(request);
};
const options = (interceptors: Interceptor[]) => ({ baseUrl: fronts.url, interceptors });

describe.each([
  [
    "Connect over HTTP/1.1",
    (i: Interceptor[]) => createConnectTransport({ ...options(i), httpVersion: "1.1" }),
  ],
  [
    "Connect over HTTP/2",
    (i: Interceptor[]) => createConnectTransport({ ...options(i), httpVersion: "2" }),
  ],
  ["gRPC", (i: Interceptor[]) => createGrpcTransport(options(i))],
  [
    "gRPC-Web over HTTP/1.1",
    (i: Interceptor[]) => createGrpcWebTransport({ ...options(i), httpVersion: "1.1" }),
  ],
  [
    "gRPC-Web over HTTP/2",
    (i: Interceptor[]) => createGrpcWebTransport({ ...options(i), httpVersion: "2" }),
  ],
] as const)("%s", (_protocol, transport) => {
  const client = () => createClient(GeoService, transport([withKey]));

  test("reaches an operation with its key, address, request id and deadline", async () => {
    let seen: Headers | undefined;
    const response = await client().getLocation(
      { ipAddress: "192.0.2.1" },
      {
        headers: { "x-request-id": "mine-2" },
        timeoutMs: 5_000,
        onHeader: (headers) => {
          seen = headers;
        },
      },
    );
    expect(response.location).toMatchObject(LOCATION);
    expect(seen?.get("x-request-id")).toBe("mine-2");
    expect(seen?.get("ratelimit")).toBe('"key";r=9;t=1');
    const [invocation] = fronts.invocations;
    expect(invocation).toMatchObject({
      operation: "GetLocation",
      request: { ipAddress: "192.0.2.1" },
      call: { requestId: "mine-2" },
      clientAddress: "127.0.0.1",
    });
    expect(fronts.credentials).toEqual([TEST_KEY]);
    const leftMs = (invocation?.call.deadlineMs ?? 0) - SYSTEM_CLOCK.monotonicMs();
    expect(leftMs).toBeGreaterThan(0);
    expect(leftMs).toBeLessThanOrEqual(5_000);
  });

  test("is refused without a key", async () => {
    const error = await failure(createClient(GeoService, transport([])).getLocation({}));
    expect(error.code).toBe(Code.Unauthenticated);
    expect(detailOf(error)?.reason).toBe("KEY_MISSING");
    expect(fronts.invocations).toEqual([]);
  });

  test("gets an error with its details", async () => {
    answer = () => {
      throw new AppError("INVALID_ARGUMENT", {
        message: "no such place",
        fields: [{ field: "ip_address", description: "must be an address" }],
        retryAfterMs: 1_500,
      });
    };
    const error = await failure(client().getLocation({}));
    expect(error.code).toBe(Code.InvalidArgument);
    expect(error.rawMessage).toBe("no such place");
    expect(detailOf(error)).toMatchObject({ reason: "INVALID_ARGUMENT", domain: "geomesh" });
    expect(error.findDetails(BadRequestSchema)[0]?.fieldViolations).toMatchObject([
      { field: "ip_address", description: "must be an address" },
    ]);
    expect(error.findDetails(RetryInfoSchema)[0]?.retryDelay).toMatchObject({ seconds: 1n });
  });

  test("gets a masked error for an unknown one, which is logged", async () => {
    answer = () => {
      throw new Error("connect ECONNREFUSED 10.0.0.1");
    };
    const error = await failure(client().getLocation({}));
    expect(error.code).toBe(Code.Internal);
    expect(error.rawMessage).toBe("internal error");
    expect(JSON.stringify(fronts.logged)).toContain("ECONNREFUSED");
    fronts.logged.length = 0;
  });

  test("cannot reach what is not public", async () => {
    const internal = createClient(LeaseService, transport([withKey]));
    const error = await failure(internal.acquireLease({ gatewayId: "g" }));
    expect(error.code).toBe(Code.Unimplemented);
    expect(fronts.invocations).toEqual([]);
  });
});

describe("the Connect protocol over plain HTTP", () => {
  const call = (body: string, headers: Record<string, string> = {}) =>
    http1(fronts.port, {
      method: "POST",
      path: "/geomesh.geo.v1.GeoService/GetLocation",
      headers: { "content-type": "application/json", "x-api-key": TEST_KEY, ...headers },
      body,
    });

  test("speaks JSON with the names of the contract", async () => {
    const location = { countryCode: "GB", isOverridden: false };
    answer = () => create(GetLocationResponseSchema, { location });
    const { status, body } = await call('{"ip_address":"192.0.2.1"}');
    expect(status).toBe(200);
    expect(JSON.parse(body)).toEqual({ location: { country_code: "GB", is_overridden: false } });
  });

  test.each([
    ["a body beyond 1 MiB", `{"ip_address":"${"x".repeat(1_100_000)}"}`, 429, "resource_exhausted"],
    ["malformed JSON", "{", 400, "invalid_argument"],
    ["a value of another type", '{"ip_address":5}', 400, "invalid_argument"],
    ["an unknown field", '{"colour":"red"}', 400, "invalid_argument"],
  ])("refuses %s", async (_what, sent, status, code) => {
    const { body, ...received } = await call(sent);
    expect(received.status).toBe(status);
    expect(JSON.parse(body).code).toBe(code);
    expect(fronts.invocations).toEqual([]);
  });

  test("checks the key before it reads the body", async () => {
    const { status } = await call("{", { "x-api-key": "other" });
    expect(status).toBe(401);
  });
});

describe("Connect calls by GET", () => {
  const byGet = (useHttpGet: boolean) => {
    const transport = createConnectTransport({
      ...options([withKey]),
      ...{ httpVersion: "1.1", useHttpGet },
    });
    return createClient(GeoService, transport);
  };
  const get = (path: string, query: Record<string, string>) =>
    http1(fronts.port, {
      path: `/${path}?${new URLSearchParams({ connect: "v1", encoding: "json", ...query })}`,
    });

  test.each([true, false])("reach the same operation (%s)", async (useHttpGet) => {
    const { location } = await byGet(useHttpGet).getLocation({ ipAddress: "192.0.2.1" });
    expect(location).toMatchObject(LOCATION);
    expect(fronts.invocations).toMatchObject([{ request: { ipAddress: "192.0.2.1" } }]);
    expect(fronts.credentials).toEqual([TEST_KEY]);
  });

  test("need nothing but an address with a key, and no cache keeps the answer for others", async () => {
    const message = '{"ip_address":"192.0.2.1"}';
    const query = { message, api_key: TEST_KEY };
    const { status, headers, body } = await get(`${GeoService.typeName}/GetLocation`, query);
    expect([status, headers["cache-control"]]).toEqual([200, "private"]);
    expect(JSON.parse(body).location).toMatchObject(LOCATION);
  });

  test("are refused without a key", async () => {
    const { status } = await get(`${GeoService.typeName}/GetLocation`, { message: "{}" });
    expect(status).toBe(401);
  });

  test("are refused where the call has side effects", async () => {
    const query = { message: "{}", api_key: TEST_KEY };
    const { status } = await get(`${AuthService.typeName}/CreateKey`, query);
    expect(status).toBe(405);
    expect(fronts.invocations).toEqual([]);
  });
});

describe("buf curl, without a schema", () => {
  const HEADER = ["-H", `Authorization: Bearer ${TEST_KEY}`];
  const curl = (...args: string[]) => run("node_modules/.bin/buf", ["curl", ...args]);
  const METHOD = "geomesh.geo.v1.GeoService/GetLocation";

  test.each([
    ["connect", []],
    ["connect", ["--http2-prior-knowledge"]],
    ["grpc", ["--http2-prior-knowledge"]],
    ["grpcweb", []],
    ["grpcweb", ["--http2-prior-knowledge"]],
  ])("calls by %s %j", async (protocol, args) => {
    const data = ["-d", '{"ip_address":"81.2.69.142"}'];
    const url = `${fronts.url}/${METHOD}`;
    const { stdout } = await curl("--protocol", protocol, ...args, ...HEADER, ...data, url);
    expect(JSON.parse(stdout)).toEqual({ location: LOCATION });
    expect(fronts.invocations).toMatchObject([{ request: { ipAddress: "81.2.69.142" } }]);
  });

  test("lists the methods, by both versions of reflection", async () => {
    for (const version of ["grpc-v1", "grpc-v1alpha"]) {
      const args = ["--protocol", "grpc", "--http2-prior-knowledge", "--reflect-protocol", version];
      const { stdout } = await curl(...args, "--list-methods", fronts.url);
      expect(stdout).toContain(METHOD);
      expect(stdout).toContain("geomesh.auth.v1.AuthService/CreateKey");
    }
  });
});

async function failure(call: Promise<unknown>): Promise<ConnectError> {
  try {
    await call;
  } catch (error) {
    return ConnectError.from(error);
  }
  throw new Error("the call did not fail");
}

const detailOf = (error: ConnectError) => error.findDetails(ErrorInfoSchema)[0];

import { Code, ConnectError, createClient, type Interceptor } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { GeoService } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { ErrorInfoSchema } from "@geomesh/proto/es/google/rpc/error_details_pb";
import { AppError } from "@geomesh/runtime/errors";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { http1 } from "../http/testing/clients.ts";
import { startTestFronts, TEST_KEY, type TestFronts } from "./testing/fronts.ts";

/** What the operation fails with. */
let cause: Error;
let fronts: TestFronts;
beforeAll(async () => {
  fronts = await startTestFronts(() => {
    throw cause;
  });
});
afterAll(() => fronts.close());
beforeEach(() => {
  cause = new Error("the test set no cause");
});

async function codeOfRest(key: string): Promise<string> {
  const sent = { path: "/v1/locations/192.0.2.1", headers: { "x-api-key": key } };
  const { body } = await http1(fronts.port, sent);
  return JSON.parse(body).code;
}

async function errorOfConnect(key: string, protocol: "Connect" | "gRPC"): Promise<ConnectError> {
  const withKey: Interceptor = (next) => (request) => {
    request.header.set("x-api-key", key);
    return next(request);
  };
  const options = { baseUrl: fronts.url, interceptors: [withKey] };
  const transport =
    protocol === "gRPC"
      ? createGrpcTransport(options)
      : createConnectTransport({ ...options, httpVersion: "1.1" });
  const call = createClient(GeoService, transport).getLocation({ ipAddress: "192.0.2.1" });
  return call.then(
    () => Promise.reject(new Error("the call did not fail")),
    (error) => ConnectError.from(error),
  );
}

const reasonOf = (error: ConnectError) => error.findDetails(ErrorInfoSchema)[0]?.reason;

describe.each(["Connect", "gRPC"] as const)(
  "the `code` of REST is the reason of %s",
  (protocol) => {
    test.each([
      ["a reason that is public", new AppError("ACCOUNT_NOT_FOUND"), "ACCOUNT_NOT_FOUND"],
      ["a limit", new AppError("QUOTA_EXCEEDED"), "QUOTA_EXCEEDED"],
      ["a conflict", new AppError("PLAN_EXISTS"), "PLAN_EXISTS"],
      ["a reason that tells which part failed", new AppError("AUTH_STALE"), "UNAVAILABLE"],
      ["another of those", new AppError("USAGE_SPOOL_FULL"), "UNAVAILABLE"],
      ["an unexpected error", new Error("boom"), "INTERNAL"],
    ])("for %s", async (_what, thrown, reason) => {
      cause = thrown;
      expect(await codeOfRest(TEST_KEY)).toBe(reason.toLowerCase());
      expect(reasonOf(await errorOfConnect(TEST_KEY, protocol))).toBe(reason);
    });

    test("for a key that is refused", async () => {
      expect(await codeOfRest("other")).toBe("key_invalid");
      expect(reasonOf(await errorOfConnect("other", protocol))).toBe("KEY_INVALID");
    });

    test("with the sentence and retry delay of the inner reason", async () => {
      cause = new AppError("METERING_UNAVAILABLE", { retryAfterMs: 1_500 });
      const error = await errorOfConnect(TEST_KEY, protocol);
      expect([error.code, error.rawMessage]).toEqual([
        Code.Unavailable,
        "the quota cannot be checked at the moment",
      ]);
      expect(error.details).toHaveLength(2);
    });
  },
);

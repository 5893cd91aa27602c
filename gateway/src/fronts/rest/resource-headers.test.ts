import { create, createFileRegistry, fromBinary, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { descriptorSetBytes } from "@geomesh/proto/descriptors";
import { AuthService } from "@geomesh/proto/es/geomesh/auth/v1/auth_service_pb";
import { expect, test } from "vitest";
import { publicOperations, SERVICES } from "../../operations/catalog.ts";
import { RequestMeters } from "../../telemetry/request-meters.ts";
import { resourceHeaders } from "./resource-headers.ts";
import { createRoutes } from "./routes.ts";

const OPERATIONS = publicOperations(SERVICES);

function headersFor(name: string, response: Record<string, unknown>): unknown {
  const operation = OPERATIONS.find((each) => each.name === name);
  const [rule] = operation?.rules ?? [];
  if (operation === undefined || rule === undefined) throw new Error(`no operation ${name}`);
  const { output } = operation.method;
  const headersOf = resourceHeaders(operation, rule, OPERATIONS);
  return headersOf?.(toBinary(output, create(output, response)));
}

test("a new resource has the path by which it is read", () => {
  const key = { accountId: "acct_1", keyId: "key/1", etag: "e1" };
  expect(headersFor("CreateKey", { key, secret: "s" })).toEqual({
    location: "/v1/accounts/acct_1/keys/key%2F1",
  });
  const account = { accountId: "acct_1", etag: "e2" };
  expect(headersFor("CreateAccount", { account })).toEqual({
    location: "/v1/accounts/acct_1",
    etag: '"e2"',
  });
  expect(headersFor("CreatePlan", { plan: { planId: "p", etag: "e3" } })).toEqual({
    location: "/v1/plans/p",
    etag: '"e3"',
  });
});

test("a resource has its etag, quoted; one without has none", () => {
  expect(headersFor("GetPlan", { plan: { planId: "p", etag: "7-a" } })).toEqual({ etag: '"7-a"' });
  expect(headersFor("GetPlan", { plan: { planId: "p" } })).toEqual({});
});

test.each(["GetLocation", "ListKeys", "RevokeKey", "GetQuota"])(
  "the response of %s is not a resource with an etag",
  (name) => {
    expect(headersFor(name, {})).toBeUndefined();
  },
);

test("the gateway does not start where a new resource has no path", () => {
  const set = fromBinary(FileDescriptorSetSchema, descriptorSetBytes());
  for (const { service } of set.file) {
    for (const { method } of service) {
      for (const each of method) if (each.name === "GetPlan") each.name = "ReadPlan";
    }
  }
  const auth = createFileRegistry(set).getService(AuthService.typeName);
  if (auth === undefined) throw new Error("no AuthService");
  expect(() =>
    createRoutes({ operations: publicOperations([auth]), streams: [] }, new RequestMeters()),
  ).toThrow("no GetPlan states a path");
});

import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { HttpRuleSchema } from "@geomesh/proto/es/google/api/http_pb";
import { expect, test } from "vitest";
import { publicOperations, SERVICES } from "../../operations/catalog.ts";
import type { Operation } from "../../operations/operation.ts";
import { RequestMeters } from "../../telemetry/request-meters.ts";
import { createRoutes } from "./routes.ts";

const OPERATIONS = publicOperations(SERVICES);
const GET = (value: string) => ({ pattern: { case: "get" as const, value } });

function withRules(name: string, ...rules: MessageInitShape<typeof HttpRuleSchema>[]): Operation {
  const operation = OPERATIONS.find((each) => each.name === name);
  if (operation === undefined) throw new Error(`no operation ${name}`);
  return { ...operation, rules: rules.map((init) => create(HttpRuleSchema, init)) };
}

const routesOf = (...operations: Operation[]) =>
  createRoutes({ operations, streams: [] }, new RequestMeters());

test("two RPCs that answer the same requests are both named, and the gateway does not start", () => {
  const first = withRules("GetPlan", GET("/v1/{plan_id}"));
  const second = withRules("GetLocation", GET("/v2/x"), GET("/v1/{ip_address}"));
  expect(() => routesOf(first, second)).toThrow(
    new Error(
      "geomesh.auth.v1.AuthService/GetPlan and geomesh.geo.v1.GeoService/GetLocation both answer GET /v1/{ip_address}",
    ),
  );
});

test.each([
  ["creates a resource", "CreatePlan", "POST", "/v1/plans", 201],
  ["deletes a resource and answers nothing", "DeletePlan", "DELETE", "/v1/plans/starter", 204],
  ["deletes a resource and answers it", "DeleteAccount", "DELETE", "/v1/accounts/acct_1", 200],
  ["does anything else", "GetPlan", "GET", "/v1/plans/starter", 200],
])("the answer of an RPC that %s has its status", (_, name, method, path, status) => {
  const match = routesOf(...OPERATIONS).match(method, path);
  expect(match).toMatchObject({ target: { operation: { name }, status } });
});

test("and so is one that has a rule twice", () => {
  const twice = withRules("ListDatasets", GET("/v1/a-b"), GET("/v1/a%2Db"));
  expect(() => routesOf(twice)).toThrow(
    "geomesh.geo.v1.GeoService/ListDatasets answers GET /v1/a%2Db twice",
  );
});

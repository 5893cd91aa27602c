import { create, getOption } from "@bufbuild/protobuf";
import { AccountSchema, KeySchema, PlanSchema } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import { Access_ScopeSchema, scope_name } from "@geomesh/proto/es/geomesh/policy/v1/policy_pb";
import { SCOPE_NAMES } from "@geomesh/terms/scopes";
import { expect, test } from "vitest";
import { holdsScope, requireScope } from "./scopes.ts";

const SCOPES = [
  "locations:read",
  "usage:read",
  "keys:read",
  "keys:write",
  "audit:read",
  "admin:read",
  "admin",
] as const;

const principal = (scopes: string[]) => ({
  key: create(KeySchema, { scopes }),
  account: create(AccountSchema),
  plan: create(PlanSchema),
});

test.each([
  ["locations:read", ["locations:read"]],
  ["usage:read", ["usage:read"]],
  ["keys:read", ["keys:read"]],
  ["keys:write", ["keys:read", "keys:write"]],
  ["audit:read", ["audit:read"]],
  ["admin:read", ["locations:read", "usage:read", "keys:read", "audit:read", "admin:read"]],
  ["admin", [...SCOPES]],
  ["another scope", []],
])("%s includes exactly %j", (held, included) => {
  expect(SCOPES.filter((scope) => holdsScope(principal([held]), scope))).toEqual(included);
});

test("a missing scope is refused by name", () => {
  expect(() => requireScope(principal(["usage:read"]), "keys:write")).toThrow("keys:write");
});

test("the scopes that a key may be imported with are those of the contract", () => {
  const named = Access_ScopeSchema.values.map((value) => getOption(value, scope_name));
  expect(SCOPE_NAMES.toSorted()).toEqual(named.filter((name) => name !== "").toSorted());
});

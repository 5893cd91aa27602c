import { create } from "@bufbuild/protobuf";
import { AccountSchema, KeySchema, PlanSchema } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import { AuthService } from "@geomesh/proto/es/geomesh/auth/v1/auth_service_pb";
import { expect, test } from "vitest";
import { requireScope, scopeToAccount } from "./account-scope.ts";

const principal = (scopes: string[]) => ({
  key: create(KeySchema, { keyId: "key_1", scopes }),
  account: create(AccountSchema, { accountId: "acct_own" }),
  plan: create(PlanSchema, {}),
});

test("an account of '-' is the caller's own, and another one needs an administrator", () => {
  const { input } = AuthService.method.getAccount;
  const own = create(input, { accountId: "-" });
  scopeToAccount(input, own, principal([]));
  expect(own.accountId).toBe("acct_own");
  const other = create(input, { accountId: "acct_other" });
  expect(() => scopeToAccount(input, other, principal(["keys:write"]))).toThrow("admin");
  scopeToAccount(input, other, principal(["admin"]));
  expect(other.accountId).toBe("acct_other");
});

test("a missing scope is refused by name, and admin holds them all", () => {
  expect(() => requireScope(principal(["usage:read"]), "keys:write")).toThrow("keys:write");
  requireScope(principal(["admin"]), "keys:write");
});

import { create } from "@bufbuild/protobuf";
import { AccountSchema, KeySchema, PlanSchema } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import { CreateKeyRequestSchema } from "@geomesh/proto/es/geomesh/auth/v1/auth_service_pb";
import { expect, test } from "vitest";
import { scopeToAccount } from "./account-scope.ts";
import { publicOperations, SERVICES } from "./catalog.ts";
import { fieldPath } from "./field-path.ts";

const OPERATIONS = publicOperations(SERVICES);

function operation(name: string) {
  const found = OPERATIONS.find((each) => each.name === name);
  if (found === undefined) throw new Error(`there is no operation ${name}`);
  return found;
}

const principal = (scopes: string[]) => ({
  key: create(KeySchema, { keyId: "key_1", scopes }),
  account: create(AccountSchema, { accountId: "acct_own" }),
  plan: create(PlanSchema, {}),
});

/** The account that a request is about after the check. */
function settled(name: string, accountId: string, scopes: string[]): unknown {
  const { method, access } = operation(name);
  const request = create(method.input, { accountId } as Record<string, unknown>);
  scopeToAccount({ method, access }, request, principal(scopes));
  return (request as unknown as { accountId: string }).accountId;
}

test("an account of '-' is the caller's own, and so is its id", () => {
  expect(settled("GetAccount", "-", [])).toBe("acct_own");
  expect(settled("CreateKey", "acct_own", [])).toBe("acct_own");
});

test.each([
  ["reading", "GetAccount", ["keys:write", "usage:read"], "admin:read"],
  ["changing", "CreateKey", ["keys:write", "admin:read"], "admin"],
  ["naming none", "GetAccount", [], "admin:read"],
])("%s another account needs more than the scope of the call", (_what, name, scopes, missing) => {
  const other = _what === "naming none" ? "" : "acct_other";
  expect(() => settled(name, other, scopes)).toThrow(`"${missing}"`);
});

test.each([
  ["GetAccount", "admin:read"],
  ["GetAccount", "admin"],
  ["CreateKey", "admin"],
])("%s of another account is allowed with %s", (name, scope) => {
  expect(settled(name, "acct_other", [scope])).toBe("acct_other");
});

test("a request that names no account is not checked", () => {
  const { method, access } = operation("GetLocation");
  scopeToAccount({ method, access }, create(method.input), principal([]));
});

test("an account inside another message is found, and a request without that message is refused", () => {
  const { method } = operation("CreateKey");
  const access = {
    scope: "keys:write",
    account: fieldPath(method.input, "key.account_id"),
    unitsAsked: undefined,
    addressesField: undefined,
    hasCsv: false,
    takesIdempotencyKey: false,
  };
  const check = (accountId?: string) => {
    const init = accountId === undefined ? {} : { key: { accountId } };
    const request = create(CreateKeyRequestSchema, init);
    scopeToAccount({ method, access }, request, principal([]));
    return request.key?.accountId;
  };
  expect([check("-"), check("acct_own")]).toEqual(["acct_own", "acct_own"]);
  expect(() => check("acct_other")).toThrow('"admin"');
  expect(() => check()).toThrow('"admin"');
});

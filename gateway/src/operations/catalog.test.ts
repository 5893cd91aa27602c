import { create } from "@bufbuild/protobuf";
import { AccountSchema, KeySchema, PlanSchema } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import { AuthService } from "@geomesh/proto/es/geomesh/auth/v1/auth_service_pb";
import { GeoService } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { expect, test } from "vitest";
import { requireScope, scopeToAccount } from "./account-scope.ts";
import { publicOperations, SERVICES } from "./catalog.ts";
import { limitHeaders } from "./limit-headers.ts";
import { createRequestValidator } from "./validate.ts";

const principal = (scopes: string[]) => ({
  key: create(KeySchema, { keyId: "key_1", scopes }),
  account: create(AccountSchema, { accountId: "acct_own" }),
  plan: create(PlanSchema, {}),
});

test("an RPC without an http rule is not public, and every public one states its scope", () => {
  const operations = publicOperations(SERVICES);
  const names = operations.map(({ name }) => name);
  expect(names).toContain("GetLocation");
  for (const internal of ["LookupFrames", "StreamChanges", "AcquireLease", "ReleaseLeases"]) {
    expect(names).not.toContain(internal);
  }
  const scopes = new Set(operations.map(({ access }) => access.scope));
  expect(scopes).toEqual(new Set(["locations:read", "usage:read", "keys:write", "admin"]));
});

test("only what answers addresses is metered", () => {
  const metered = publicOperations(SERVICES).filter(({ access }) => access.metered);
  expect(metered.map(({ name }) => name)).toEqual(["GetLocation", "BatchGetLocations"]);
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

test("every broken rule of a contract is reported with its field", () => {
  const validate = createRequestValidator([]);
  const { input } = GeoService.method.getLocation;
  const bad = create(input, { ipAddress: "", language: "tlh" });
  expect(() => validate(input, bad)).toThrow(
    expect.objectContaining({
      kind: "invalid_argument",
      fields: [
        expect.objectContaining({ field: "ip_address" }),
        expect.objectContaining({ field: "language" }),
      ],
    }),
  );
});

test("limit headers are the structured fields of the draft, in whole seconds rounded up", () => {
  const rate = {
    allowed: true,
    limit: 10,
    windowMs: 1_000,
    remaining: 9,
    resetMs: 100,
    retryAfterMs: 0,
  };
  const quota = {
    limit: 10_000n,
    remaining: 9_120n,
    periodStartMs: Date.UTC(2026, 0, 1),
    periodEndMs: Date.UTC(2026, 1, 1),
  };
  expect(limitHeaders(rate, quota, Date.UTC(2026, 0, 31))).toEqual({
    "ratelimit-policy": '"second";q=10;w=1, "month";q=10000;w=2678400',
    ratelimit: '"second";r=9;t=1, "month";r=9120;t=86400',
  });
  expect(limitHeaders(rate, undefined, 0)).toEqual({
    "ratelimit-policy": '"second";q=10;w=1',
    ratelimit: '"second";r=9;t=1',
  });
});

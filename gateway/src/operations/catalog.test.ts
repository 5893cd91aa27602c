import type { DescService, MessageInitShape } from "@bufbuild/protobuf";
import { AuthService } from "@geomesh/proto/es/geomesh/auth/v1/auth_service_pb";
import { GeoService } from "@geomesh/proto/es/geomesh/geo/v1/geo_service_pb";
import { Access_Scope, type AccessSchema } from "@geomesh/proto/es/geomesh/policy/v1/policy_pb";
import { describe, expect, test } from "vitest";
import { publicOperations, SERVICES } from "./catalog.ts";
import { serviceWithPolicy } from "./testing/contracts.ts";

type Policy = MessageInitShape<typeof AccessSchema>;

const OPERATIONS = publicOperations(SERVICES);

test("every public RPC states its scope by the name that keys use", () => {
  const scopes = new Set(OPERATIONS.map(({ access }) => access.scope));
  expect(scopes).toEqual(
    new Set([
      "locations:read",
      "usage:read",
      "keys:read",
      "keys:write",
      "audit:read",
      "admin:read",
      "admin",
    ]),
  );
});

test("the account stands where the contract says", () => {
  const accounts = OPERATIONS.map(({ name, access }) => [name, access.account?.field.name]);
  expect(Object.fromEntries(accounts)).toMatchObject({
    GetLocation: undefined,
    CreateAccount: undefined,
    GetAccount: "account_id",
    CreateKey: "account_id",
    QueryUsage: "account_id",
  });
});

test("what answers addresses costs a unit for each address asked for, and nothing else costs any", () => {
  const units = OPERATIONS.flatMap(({ name, method, access }) => {
    const request = { $typeName: method.input.typeName, ipAddress: "a", ipAddresses: ["a", "b"] };
    return access.unitsAsked ? [[name, access.unitsAsked(request as never)]] : [];
  });
  expect(units).toEqual([
    ["GetLocation", 1],
    ["GetLocationField", 1],
    ["BatchGetLocations", 2],
  ]);
});

const READ: Policy = {
  scope: Access_Scope.USAGE_READ,
  tenancy: { case: "accountField", value: "account_id" },
};

describe("the gateway does not start with a public RPC", () => {
  const refusals: [string, Policy | undefined, string, (DescService | undefined)?, string?][] = [
    ["without a policy", undefined, "it states no access policy"],
    ["without a scope", { ...READ, scope: Access_Scope.SCOPE_UNSPECIFIED }, "it states no scope"],
    [
      "with a scope that the contracts do not know",
      { ...READ, scope: 99 as Access_Scope },
      "it states no scope",
    ],
    [
      "that says nothing of accounts",
      { scope: Access_Scope.USAGE_READ },
      "it states neither account_field nor no_account",
    ],
    [
      "that says no_account: false",
      { ...READ, tenancy: { case: "noAccount", value: false } },
      "it states neither account_field nor no_account",
    ],
    [
      "whose account is not a field",
      { ...READ, tenancy: { case: "accountField", value: "owner" } },
      '"owner" is not a plain field',
    ],
    [
      "whose account is inside what is not a message",
      { ...READ, tenancy: { case: "accountField", value: "account_id.id" } },
      '"account_id", which is not a message',
    ],
    [
      "whose account is not a string",
      { ...READ, tenancy: { case: "accountField", value: "page_size" } },
      'account_field "page_size" is not a string',
      AuthService,
      "ListKeys",
    ],
    [
      "whose addresses are not a field",
      { ...READ, metering: { addressesField: "places" } },
      '"places" is not a plain field',
    ],
    [
      "whose addresses are neither a string nor a list",
      { ...READ, metering: { addressesField: "page_size" } },
      'addresses_field "page_size" is neither a string nor a list',
      AuthService,
      "ListKeys",
    ],
  ];
  test.each(refusals)(
    "%s",
    (_what, policy, complaint, service = AuthService, rpc = "GetAccount") => {
      const changed = serviceWithPolicy(service, rpc, policy);
      expect(() => publicOperations([GeoService, changed])).toThrow(
        expect.objectContaining({ message: expect.stringContaining(complaint) }),
      );
      expect(() => publicOperations([changed])).toThrow(`${service.typeName}/${rpc} is public`);
    },
  );
});

test("an RPC without an http rule is not public", () => {
  const names = new Set(OPERATIONS.map(({ name }) => name));
  for (const internal of ["LookupFrames", "WatchChanges", "AcquireLease", "OpenEpoch"]) {
    expect(names.has(internal)).toBe(false);
  }
});

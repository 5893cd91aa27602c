import { create } from "@bufbuild/protobuf";
import { AccountSchema, KeySchema, PlanSchema } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import {
  type CreateKeyRequest,
  CreateKeyRequestSchema,
  CreateKeyResponseSchema,
} from "@geomesh/proto/es/geomesh/auth/v1/auth_service_pb";
import { expect, test } from "vitest";
import { createKey } from "./create-key.ts";

/** The scopes that auth is asked to give a key, by a caller whose own key holds these. */
async function granted(held: string[], asked: string[]): Promise<readonly string[] | undefined> {
  let received: CreateKeyRequest | undefined;
  const handler = createKey({
    async createKey(request) {
      received = request as CreateKeyRequest;
      return create(CreateKeyResponseSchema);
    },
  });
  const principal = {
    key: create(KeySchema, { scopes: held }),
    account: create(AccountSchema),
    plan: create(PlanSchema),
  };
  const { signal } = new AbortController();
  const call = { clientAddress: "192.0.2.1", requestId: "1", signal };
  const request = create(CreateKeyRequestSchema, { key: { name: "n", scopes: asked } });
  await handler(request, { principal, call });
  return received?.key?.scopes;
}

test.each([
  ["a scope that it holds", ["keys:write", "usage:read"], ["usage:read"]],
  ["one that another of its scopes includes", ["keys:write"], ["keys:read"]],
  ["any, as an administrator", ["admin"], ["admin", "locations:read"]],
])("a key gives another key %s", async (_why, held, asked) => {
  expect(await granted(held, asked)).toEqual(asked);
});

test.each([
  ["a scope that it lacks", ["keys:write"], ["locations:read"], "locations:read"],
  ["more than it holds", ["keys:write", "usage:read"], ["usage:read", "admin"], "admin"],
  ["to write what it may only read", ["admin:read", "keys:write"], ["admin"], "admin"],
  ["a default of which it holds nothing", ["keys:write"], [], "locations:read"],
])("a key gives no other key %s", async (_why, held, asked, missing) => {
  await expect(granted(held, asked)).rejects.toMatchObject({
    reason: "SCOPE_MISSING",
    publicMessage: expect.stringContaining(`"${missing}"`),
  });
});

test("where no scope is asked for, a key gives the part of the default that it holds", async () => {
  expect(await granted(["keys:write", "usage:read"], [])).toEqual(["usage:read"]);
  expect(await granted(["admin"], [])).toEqual(["locations:read", "usage:read"]);
});

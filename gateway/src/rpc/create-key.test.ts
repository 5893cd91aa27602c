import { create, fromBinary, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import {
  AccountSchema,
  type Key,
  KeySchema,
  PlanSchema,
} from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import {
  type CreateKeyRequest,
  CreateKeyRequestSchema,
  CreateKeyResponseSchema,
} from "@geomesh/proto/es/geomesh/auth/v1/auth_service_pb";
import { apiKeyHash, generateApiKey } from "@geomesh/terms/api-key";
import { expect, test } from "vitest";
import { createKey } from "./create-key.ts";

type KeyInit = MessageInitShape<typeof KeySchema>;

const principalOf = (own: KeyInit) => ({
  key: create(KeySchema, own),
  account: create(AccountSchema),
  plan: create(PlanSchema),
});

/** The key that auth is asked to create where a key asks for another. */
async function created(own: KeyInit, asked: KeyInit): Promise<Key | undefined> {
  let received: CreateKeyRequest | undefined;
  const principal = principalOf(own);
  const handler = createKey({
    auth: {
      async createKey(request) {
        received = request as CreateKeyRequest;
        return create(CreateKeyResponseSchema);
      },
    },
    keys: { find: () => principal },
  });
  const { signal } = new AbortController();
  const call = {
    clientAddress: "192.0.2.1",
    requestId: "1",
    language: undefined,
    idempotencyKey: "",
    traceHeaders: {},
    signal,
  };
  const request = create(CreateKeyRequestSchema, { key: { name: "n", ...asked } });
  await handler(request, { principal, call, options: { signal } });
  return received?.key;
}

/** The scopes that auth is asked to give a key, by a caller whose own key holds these. */
async function granted(held: string[], asked: string[]): Promise<readonly string[] | undefined> {
  return (await created({ scopes: held }, { scopes: asked }))?.scopes;
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

const CALLER = { scopes: ["keys:write", "locations:read"] };
const SOON = timestampFromMs(Date.UTC(2030, 0, 1));
const SLOW = { requests: 1, per: { seconds: 1n }, burst: 2 };

test("what a key does not state, it takes over from the key that asks", async () => {
  const own = { ...CALLER, expireTime: SOON, rate: SLOW };
  expect(await created(own, {})).toMatchObject({
    scopes: ["locations:read"],
    expireTime: { seconds: SOON.seconds },
    rate: { requests: 1, burst: 2 },
  });
  const unbounded = await created(CALLER, {});
  expect([unbounded?.expireTime, unbounded?.rate]).toEqual([undefined, undefined]);
});

test.each([
  ["it ends with it", { expireTime: SOON }],
  ["it ends before it", { expireTime: timestampFromMs(Date.UTC(2029, 0, 1)) }],
  ["it may send as much, said in another way", { rate: { ...SLOW, requests: 60, per: minute() } }],
  ["it may send less", { rate: { requests: 1, per: minute(), burst: 1 } }],
])("a key creates another where %s", async (_why, asked) => {
  const own = { ...CALLER, expireTime: SOON, rate: SLOW };
  expect(await created(own, asked)).toMatchObject(asked);
});

test.each([
  ["lives longer", { expireTime: timestampFromMs(Date.UTC(2030, 0, 1) + 1) }, "key.expire_time"],
  ["may send more", { rate: { requests: 2, per: { seconds: 1n }, burst: 2 } }, "key.rate"],
  ["may send more at once", { rate: { requests: 1, per: { seconds: 1n }, burst: 3 } }, "key.rate"],
  ["is more bursty by default", { rate: { requests: 60, per: minute() } }, "key.rate"],
])("a key creates none that %s than itself", async (_why, asked, field) => {
  const own = { ...CALLER, expireTime: SOON, rate: SLOW };
  await expect(created(own, asked)).rejects.toMatchObject({
    kind: "invalid_argument",
    fields: [{ field }],
  });
});

const CIDRS = ["192.0.2.0/24", "2001:db8::/32"];
const ORIGINS = ["https://app.example.com", "https://*.example.org"];

test("addresses and origins that a key does not state, it takes over", async () => {
  const own = { ...CALLER, allowedCidrs: CIDRS, allowedOrigins: ORIGINS };
  expect(await created(own, {})).toMatchObject({ allowedCidrs: CIDRS, allowedOrigins: ORIGINS });
});

test.each([
  ["part of its addresses", { allowedCidrs: ["192.0.2.7", "2001:DB8:1::/48"] }],
  ["all of one block", { allowedCidrs: ["::ffff:192.0.2.0/120"] }],
  ["one of its origins", { allowedOrigins: ["HTTPS://APP.example.com:443"] }],
  ["a subdomain of its origins", { allowedOrigins: ["https://*.a.example.org"] }],
  ["what auth will refuse", { allowedCidrs: ["192.0.2.1/24"] }],
])("a key creates another for %s", async (_what, asked) => {
  const own = { ...CALLER, allowedCidrs: CIDRS, allowedOrigins: ORIGINS };
  expect(await created(own, asked)).toMatchObject(asked);
});

test.each([
  ["other addresses", { allowedCidrs: ["192.0.2.7", "192.0.3.0/24"] }, "key.allowed_cidrs[1]"],
  ["more addresses", { allowedCidrs: ["192.0.0.0/16"] }, "key.allowed_cidrs[0]"],
  ["another origin", { allowedOrigins: ["https://example.org"] }, "key.allowed_origins[0]"],
  ["more origins", { allowedOrigins: ["https://*.example.com"] }, "key.allowed_origins[0]"],
])("a key creates none for %s than its own", async (_what, asked, field) => {
  const own = { ...CALLER, allowedCidrs: CIDRS, allowedOrigins: ORIGINS };
  await expect(created(own, asked)).rejects.toMatchObject({
    kind: "invalid_argument",
    fields: [{ field }],
  });
});

test("an administrator creates keys that live longer and send more than its own", async () => {
  const own = { scopes: ["admin"], expireTime: SOON, rate: SLOW };
  const key = await created(own, { rate: { requests: 9 } });
  expect([key?.expireTime, key?.rate?.requests]).toEqual([undefined, 9]);
});

function minute() {
  return { seconds: 60n };
}

const SECRET = generateApiKey("live");

/** Creates a key of which the process knows after it was asked so many times, for a client that goes at some question. */
async function questions({ knownAt = 0, goneAt = 0 }): Promise<number> {
  const principal = principalOf({ scopes: ["keys:write", "locations:read"] });
  const client = new AbortController();
  let asked = 0;
  const handler = createKey({
    auth: { createKey: async () => create(CreateKeyResponseSchema, { secret: SECRET }) },
    keys: {
      find(hash) {
        expect(hash).toEqual(apiKeyHash(SECRET));
        asked += 1;
        if (asked === goneAt) client.abort();
        return asked === knownAt ? principal : undefined;
      },
    },
  });
  const { signal } = client;
  const call = {
    clientAddress: "192.0.2.1",
    requestId: "1",
    language: undefined,
    idempotencyKey: "",
    traceHeaders: {},
    signal,
  };
  const request = create(CreateKeyRequestSchema, { key: { name: "n" } });
  const answer = await handler(request, { principal, call, options: { signal } });
  expect(fromBinary(CreateKeyResponseSchema, answer).secret).toBe(SECRET);
  return asked;
}

test.each([
  ["once this process knows the key", { knownAt: 1 }, 1],
  ["not before, so that the key can be used at once", { knownAt: 4 }, 4],
  ["after a second at the latest", {}, 200],
  ["and waits no longer than its client", { goneAt: 2 }, 2],
])("the answer comes %s", async (_when, known, expected) => {
  expect(await questions(known)).toBe(expected);
});

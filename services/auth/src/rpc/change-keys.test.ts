import { Key_State } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { KeyMode } from "@geomesh/proto/grpc/geomesh/common/v1/key_mode";
import { apiKeyHash } from "@geomesh/terms/api-key";
import { createTestClock } from "@geomesh/testing/test-clock";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readAll } from "../testing/follower.ts";
import { EMPTY_PATCH, keyCalls, RICH } from "../testing/key-calls.ts";
import {
  AS_IT_IS,
  anotherAccount,
  createTestAccount,
  createTestKey,
  FIRST_KEYS,
  KEY,
} from "../testing/records.ts";
import {
  startTestAuth,
  startTestMesh,
  type TestAuth,
  type TestMesh,
} from "../testing/start-test-auth.ts";

const MINUTE_MS = 60_000;
const NOT_ACTIVE = { kind: "failed_precondition", reason: "KEY_NOT_ACTIVE" };

let mesh: TestMesh;
let auth: TestAuth;
let accountId: string;
let calls: ReturnType<typeof keyCalls>;
const clock = createTestClock();
beforeAll(async () => {
  mesh = await startTestMesh();
  auth = await startTestAuth(mesh, {}, { clock });
  accountId = await createTestAccount(auth);
  calls = keyCalls(auth, accountId);
});
afterAll(async () => {
  await auth.close();
  await mesh.close();
});

const inMs = (ms: number) => new Date(clock.wallMs() + ms);

test("addresses and origins are kept in canonical form, each once", async () => {
  const { key } = await calls.richKey({
    allowedCidrs: ["192.0.2.1", "192.0.2.1/32", "::ffff:198.51.100.0/120", "2001:DB8:0::/48"],
    allowedOrigins: ["HTTPS://App.example.com:443", "https://app.example.com"],
  });
  expect(key.allowedCidrs).toEqual(["192.0.2.1/32", "198.51.100.0/24", "2001:db8::/48"]);
  expect(key.allowedOrigins).toEqual(["https://app.example.com"]);
  expect(await calls.read(key.keyId)).toEqual(key);
});

test.each([
  [{ allowedCidrs: ["192.0.2.1/24"] }, "allowed_cidrs[0]"],
  [{ allowedCidrs: ["::1", "example.com"] }, "allowed_cidrs[1]"],
  [{ allowedCidrs: Array(101).fill("192.0.2.1") }, "allowed_cidrs"],
  [{ allowedOrigins: ["https://app.example.com/"] }, "allowed_origins[0]"],
  [{ allowedOrigins: ["*"] }, "allowed_origins[0]"],
  [{ allowedOrigins: Array(101).fill("https://a.example") }, "allowed_origins"],
  [{ metadata: { "a b": "" } }, 'metadata["a b"]'],
  [{ metadata: { a: "x".repeat(501) } }, 'metadata["a"]'],
  [{ metadata: { a: "a\0b" } }, 'metadata["a"]'],
  [
    { metadata: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`${i}`, ""])) },
    "metadata",
  ],
])("a new key with %o is refused, with the field's name", async (mistake, field) => {
  await expect(calls.richKey(mistake)).rejects.toMatchObject({
    kind: "invalid_argument",
    fields: [{ field: `key.${field}` }],
  });
});

test("followers get what a key is checked by, and neither its metadata nor its last use", async () => {
  const { key, secret } = await calls.richKey();
  const last = (await readAll(auth)).changes.at(-1);
  const secretSha256 = apiKeyHash(secret);
  expect(last?.record?.value).toEqual({ key: { ...key, metadata: {} }, secretSha256 });
});

test("a replaced key has nothing that the request leaves out", async () => {
  const { key, keyId } = await calls.richKey({ expireTime: inMs(MINUTE_MS) });
  clock.advance(1_000);
  const { key: replaced } = await calls.replace(keyId, { name: "plain", etag: key.etag });
  expect(replaced).toEqual({
    ...key,
    ...{ name: "plain", scopes: ["locations:read", "usage:read"], rate: undefined, metadata: {} },
    ...{ expireTime: undefined, allowedCidrs: [], allowedOrigins: [] },
    ...{ updateTime: new Date(clock.wallMs()), etag: replaced?.etag },
  });
  expect(replaced?.etag).not.toBe(key.etag);
});

test("an update changes what it names; without a mask, what it has", async () => {
  const { key, keyId } = await calls.richKey();
  const patch = { name: "new", rate: { requests: 1, per: undefined, burst: 0 } };
  const named = await calls.update(keyId, { ...patch, scopes: ["admin"] }, ["name", "metadata"]);
  const { etag, updateTime } = named.key ?? EMPTY_PATCH;
  expect(named.key).toEqual({ ...key, name: "new", metadata: {}, etag, updateTime });
  const set = await calls.update(keyId, patch);
  expect(set.key).toMatchObject({ scopes: RICH.scopes, rate: { requests: 1, burst: 1 } });
  const all = await calls.update(keyId, { name: "all" }, ["*"]);
  expect(all.key).toMatchObject({ name: "all", rate: undefined, allowedCidrs: [] });
});

test.each([
  ["a field that nobody chooses", { name: "x" }, ["state"], "update_mask"],
  ["an unknown field", { name: "x" }, ["name", "colour"], "update_mask"],
  ["no name", {}, ["name"], "key.name"],
  ["an end in the past", { expireTime: new Date(1_000) }, undefined, "key.expire_time"],
  ["another mode", { mode: KeyMode.TEST }, ["name"], "key.mode"],
  ["a bad block", { allowedCidrs: ["10.0.0.1/8"] }, undefined, "key.allowed_cidrs[0]"],
])("an update with %s is refused, and changes nothing", async (_what, patch, mask, field) => {
  const { key, keyId } = await calls.richKey();
  const updating = calls.update(
    keyId,
    { name: "y", ...patch, ...(field === "key.name" && { name: "" }) },
    mask,
  );
  await expect(updating).rejects.toMatchObject({ kind: "invalid_argument" });
  await expect(updating).rejects.toMatchObject({
    fields: expect.arrayContaining([expect.objectContaining({ field })]),
  });
  expect(await calls.read(keyId)).toEqual(key);
});

test("a change of a key by another id than that of the path is refused; the same one is no mistake", async () => {
  const { key, keyId } = await calls.richKey();
  const others = { keyId: "key_0000000000000000", accountId: "acct_0000000000000000" };
  const refusal = {
    kind: "invalid_argument",
    fields: ["key.key_id", "key.account_id"].map((field) => ({ field, reason: "id.path" })),
  };
  for (const change of [calls.update, calls.replace]) {
    await expect(change(keyId, { name: "x", ...others })).rejects.toMatchObject(refusal);
    expect(await calls.read(keyId)).toEqual(key);
  }
  const { etag } = (await calls.update(keyId, { name: "x", keyId, accountId })).key ?? key;
  const replaced = await calls.replace(keyId, { ...key, name: "y", etag });
  expect(replaced.key?.name).toBe("y");
});

test("a test key stays one that only reads", async () => {
  const { keyId } = await calls.richKey({ mode: KeyMode.TEST, scopes: ["locations:read"] });
  for (const change of [calls.update, calls.replace]) {
    const refused = change(keyId, { name: "x", scopes: ["keys:write"] });
    await expect(refused).rejects.toMatchObject({ fields: [{ field: "key.scopes" }] });
  }
  expect((await calls.replace(keyId, { mode: KeyMode.TEST })).key?.mode).toBe(KeyMode.TEST);
});

test("an expired key may be renamed as it is, and be accepted again where there is room for it", async () => {
  const expireTime = inMs(MINUTE_MS);
  const { keyId } = await calls.richKey({ expireTime });
  clock.advance(MINUTE_MS);
  expect((await calls.replace(keyId, { name: "late", expireTime })).key).toMatchObject({
    expireTime,
  });
  const longer = inMs(MINUTE_MS);
  expect((await calls.update(keyId, { expireTime: longer })).key).toMatchObject({
    expireTime: longer,
  });
});

test("a change by a wrong etag is refused whatever it is, one by the right one is made", async () => {
  const { key, keyId } = await calls.richKey();
  const { client } = auth;
  const { key: newer } = await calls.update(keyId, { name: "newer" });
  const mismatch = { kind: "aborted", reason: "ETAG_MISMATCH" };
  const request = { ...calls.byId(keyId), etag: key.etag };
  const overlap = undefined;
  const changes = await Promise.allSettled([
    client.replaceKey({ ...request, key: KEY }),
    client.replaceKey({ ...request, etag: "", key: { ...KEY, etag: key.etag } }),
    client.updateKey({ ...request, key: KEY, updateMask: undefined }),
    client.rotateKey({ ...request, overlap }),
    ...[client.enableKey, client.disableKey, client.revokeKey, client.deleteKey].map((call) =>
      call(request),
    ),
  ]);
  expect(changes).toMatchObject(Array(8).fill({ status: "rejected", reason: mismatch }));
  expect(await calls.read(keyId)).toEqual(newer);
  const revoked = await client.revokeKey({ ...request, etag: newer?.etag ?? "" });
  expect(revoked.key?.state).toBe(Key_State.REVOKED);
});

test("a disabled key is enabled again, and each call made twice changes nothing", async () => {
  const { key, keyId } = await calls.richKey();
  const disabled = await auth.client.disableKey(calls.byId(keyId));
  expect(disabled.key?.state).toBe(Key_State.DISABLED);
  expect(disabled.propagation?.revision).toBe(BigInt(disabled.key?.etag ?? ""));
  expect(await auth.client.disableKey(calls.byId(keyId))).toEqual(disabled);
  const enabled = await auth.client.enableKey(calls.byId(keyId));
  const { etag, updateTime } = enabled.key ?? KEY;
  expect(enabled.key).toEqual({ ...key, etag, updateTime });
  expect(await auth.client.enableKey(calls.byId(keyId))).toEqual(enabled);
});

test("a revoked key takes no change, and DELETE revokes", async () => {
  const { keyId } = await calls.richKey();
  const deleted = await auth.client.deleteKey(calls.byId(keyId));
  expect(deleted.key).toMatchObject({ state: Key_State.REVOKED, revokeTime: inMs(0) });
  for (const change of [
    () => calls.update(keyId, { name: "x" }),
    () => calls.replace(keyId, {}),
    () => calls.rotate(keyId),
    () => auth.client.enableKey(calls.byId(keyId)),
    () => auth.client.disableKey(calls.byId(keyId)),
  ]) {
    await expect(change()).rejects.toMatchObject(NOT_ACTIVE);
  }
  expect(await auth.client.revokeKey(calls.byId(keyId))).toEqual(deleted);
});

test("keys are listed by state and mode, and a page token holds for its question only", async () => {
  const owner = await anotherAccount(auth);
  const make = (mode: KeyMode) =>
    auth.client.createKey({ accountId: owner, key: { ...KEY, mode } });
  const live = [await make(KeyMode.LIVE), await make(KeyMode.LIVE), await make(KeyMode.LIVE)];
  await make(KeyMode.TEST);
  const [a, b] = live.map(({ key }) => ({
    ...AS_IT_IS,
    accountId: owner,
    keyId: key?.keyId ?? "",
  }));
  if (!a || !b) throw new Error("no keys");
  await auth.client.revokeKey(a);
  await auth.client.disableKey(b);
  const listed = async (filter: { state?: Key_State; mode?: KeyMode }) =>
    (await auth.client.listKeys({ ...FIRST_KEYS, accountId: owner, ...filter })).keys.length;
  expect(await listed({})).toBe(4);
  expect(await listed({ state: Key_State.ACTIVE })).toBe(2);
  expect(await listed({ state: Key_State.DISABLED })).toBe(1);
  expect(await listed({ state: Key_State.REVOKED, mode: KeyMode.TEST })).toBe(0);
  expect(await listed({ mode: KeyMode.TEST })).toBe(1);
  const question = { ...FIRST_KEYS, accountId: owner, pageSize: 1, mode: KeyMode.LIVE };
  const { nextPageToken: pageToken } = await auth.client.listKeys(question);
  const other = auth.client.listKeys({ ...question, mode: KeyMode.TEST, pageToken });
  await expect(other).rejects.toMatchObject({ reason: "PAGE_TOKEN_INVALID" });
});

test("keys of another account are not found by any call", async () => {
  const { keyId } = await calls.richKey();
  const stranger = await anotherAccount(auth);
  const { client } = auth;
  const request = { ...AS_IT_IS, accountId: stranger, keyId };
  const changes = await Promise.allSettled([
    client.replaceKey({ ...request, key: KEY }),
    client.updateKey({ ...request, key: KEY, updateMask: undefined }),
    client.rotateKey({ ...request, overlap: undefined }),
    ...[client.enableKey, client.disableKey, client.deleteKey].map((call) => call(request)),
  ]);
  const reason = { reason: "KEY_NOT_FOUND" };
  expect(changes).toMatchObject(Array(6).fill({ status: "rejected", reason }));
});

test("keys of a closed account are not changed so that they could be used, but revoked", async () => {
  const owner = await anotherAccount(auth);
  const { key } = await createTestKey(auth, owner);
  const { client } = auth;
  await client.deleteAccount({ accountId: owner, etag: "" });
  const request = { ...AS_IT_IS, accountId: owner, keyId: key.keyId };
  const changes = await Promise.allSettled([
    client.replaceKey({ ...request, key: KEY }),
    client.updateKey({ ...request, key: KEY, updateMask: undefined }),
    client.rotateKey({ ...request, overlap: undefined }),
    client.enableKey(request),
  ]);
  const reason = { reason: "ACCOUNT_CLOSED" };
  expect(changes).toMatchObject(Array(4).fill({ status: "rejected", reason }));
  expect((await client.disableKey(request)).key?.state).toBe(Key_State.DISABLED);
  expect((await client.revokeKey(request)).key?.state).toBe(Key_State.REVOKED);
});

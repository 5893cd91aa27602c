import { type Key, Key_State } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { KeyMode } from "@geomesh/proto/grpc/geomesh/common/v1/key_mode";
import { apiKeyHash, apiKeyMode } from "@geomesh/terms/api-key";
import { createTestClock } from "@geomesh/testing/test-clock";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readAll } from "../testing/follower.ts";
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
const clock = createTestClock();
beforeAll(async () => {
  mesh = await startTestMesh();
  auth = await startTestAuth(mesh, {}, { clock });
  accountId = await createTestAccount(auth);
});
afterAll(async () => {
  await auth.close();
  await mesh.close();
});

const inMs = (ms: number) => new Date(clock.wallMs() + ms);

const RICH: Partial<Key> = {
  name: "rich",
  scopes: ["locations:read", "keys:write"],
  rate: { requests: 5, per: { seconds: 60n, nanos: 0 }, burst: 2 },
  allowedCidrs: ["192.0.2.0/24", "2001:db8::/32"],
  allowedOrigins: ["https://app.example.com", "https://*.example.org"],
  metadata: { team: "Käse", "cost-centre": "42\u00a0a" },
};

async function richKey(more: Partial<Key> = {}) {
  const { key, secret } = await auth.client.createKey({
    accountId,
    key: { ...KEY, ...RICH, ...more },
  });
  if (key === undefined) throw new Error("CreateKey answered without a key");
  return { key, secret, keyId: key.keyId };
}

const update = (keyId: string, key: Partial<Key>, updateMask?: string[]) =>
  auth.client.updateKey({ ...AS_IT_IS, accountId, keyId, key: { ...EMPTY, ...key }, updateMask });
const replace = (keyId: string, key: Partial<Key>) =>
  auth.client.replaceKey({ ...AS_IT_IS, accountId, keyId, key: { ...KEY, ...key } });
const rotate = (keyId: string, overlapMs = 0) => {
  const overlap = { seconds: BigInt(overlapMs / 1_000), nanos: 0 };
  return auth.client.rotateKey({ ...AS_IT_IS, accountId, keyId, overlap });
};
const byId = (keyId: string) => ({ ...AS_IT_IS, accountId, keyId });
const read = async (keyId: string) => (await auth.client.getKey({ accountId, keyId })).key;

/** A patch that has nothing. */
const EMPTY: Key = { ...KEY, name: "" };

test("addresses and origins are kept in canonical form, each once", async () => {
  const { key } = await richKey({
    allowedCidrs: ["192.0.2.1", "192.0.2.1/32", "::ffff:198.51.100.0/120", "2001:DB8:0::/48"],
    allowedOrigins: ["HTTPS://App.example.com:443", "https://app.example.com"],
  });
  expect(key.allowedCidrs).toEqual(["192.0.2.1/32", "198.51.100.0/24", "2001:db8::/48"]);
  expect(key.allowedOrigins).toEqual(["https://app.example.com"]);
  expect(await read(key.keyId)).toEqual(key);
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
  await expect(richKey(mistake)).rejects.toMatchObject({
    kind: "invalid_argument",
    fields: [{ field: `key.${field}` }],
  });
});

test("followers get what a key is checked by, and neither its metadata nor its last use", async () => {
  const { key, secret } = await richKey();
  const last = (await readAll(auth)).changes.at(-1);
  const secretSha256 = apiKeyHash(secret);
  expect(last?.record?.value).toEqual({ key: { ...key, metadata: {} }, secretSha256 });
});

test("a replaced key has nothing that the request leaves out", async () => {
  const { key, keyId } = await richKey({ expireTime: inMs(MINUTE_MS) });
  clock.advance(1_000);
  const { key: replaced } = await replace(keyId, { name: "plain", etag: key.etag });
  expect(replaced).toEqual({
    ...key,
    ...{ name: "plain", scopes: ["locations:read", "usage:read"], rate: undefined, metadata: {} },
    ...{ expireTime: undefined, allowedCidrs: [], allowedOrigins: [] },
    ...{ updateTime: new Date(clock.wallMs()), etag: replaced?.etag },
  });
  expect(replaced?.etag).not.toBe(key.etag);
});

test("an update changes what it names; without a mask, what it has", async () => {
  const { key, keyId } = await richKey();
  const patch = { name: "new", rate: { requests: 1, per: undefined, burst: 0 } };
  const named = await update(keyId, { ...patch, scopes: ["admin"] }, ["name", "metadata"]);
  const { etag, updateTime } = named.key ?? EMPTY;
  expect(named.key).toEqual({ ...key, name: "new", metadata: {}, etag, updateTime });
  const set = await update(keyId, patch);
  expect(set.key).toMatchObject({ scopes: RICH.scopes, rate: { requests: 1, burst: 1 } });
  const all = await update(keyId, { name: "all" }, ["*"]);
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
  const { key, keyId } = await richKey();
  const updating = update(
    keyId,
    { name: "y", ...patch, ...(field === "key.name" && { name: "" }) },
    mask,
  );
  await expect(updating).rejects.toMatchObject({ kind: "invalid_argument" });
  await expect(updating).rejects.toMatchObject({
    fields: expect.arrayContaining([expect.objectContaining({ field })]),
  });
  expect(await read(keyId)).toEqual(key);
});

test("a test key stays one that only reads", async () => {
  const { keyId } = await richKey({ mode: KeyMode.TEST, scopes: ["locations:read"] });
  for (const change of [update, replace]) {
    const refused = change(keyId, { name: "x", scopes: ["keys:write"] });
    await expect(refused).rejects.toMatchObject({ fields: [{ field: "key.scopes" }] });
  }
  expect((await replace(keyId, { mode: KeyMode.TEST })).key?.mode).toBe(KeyMode.TEST);
});

test("an expired key may be renamed as it is, and be accepted again where there is room for it", async () => {
  const expireTime = inMs(MINUTE_MS);
  const { keyId } = await richKey({ expireTime });
  clock.advance(MINUTE_MS);
  expect((await replace(keyId, { name: "late", expireTime })).key).toMatchObject({ expireTime });
  const longer = inMs(MINUTE_MS);
  expect((await update(keyId, { expireTime: longer })).key).toMatchObject({ expireTime: longer });
});

test("a change by a wrong etag is refused whatever it is, one by the right one is made", async () => {
  const { key, keyId } = await richKey();
  const { client } = auth;
  const { key: newer } = await update(keyId, { name: "newer" });
  const mismatch = { kind: "aborted", reason: "ETAG_MISMATCH" };
  const request = { ...byId(keyId), etag: key.etag };
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
  expect(await read(keyId)).toEqual(newer);
  const revoked = await client.revokeKey({ ...request, etag: newer?.etag ?? "" });
  expect(revoked.key?.state).toBe(Key_State.REVOKED);
});

test("a disabled key is enabled again, and each call made twice changes nothing", async () => {
  const { key, keyId } = await richKey();
  const disabled = await auth.client.disableKey(byId(keyId));
  expect(disabled.key?.state).toBe(Key_State.DISABLED);
  expect(disabled.propagation?.revision).toBe(BigInt(disabled.key?.etag ?? ""));
  expect(await auth.client.disableKey(byId(keyId))).toEqual(disabled);
  const enabled = await auth.client.enableKey(byId(keyId));
  const { etag, updateTime } = enabled.key ?? KEY;
  expect(enabled.key).toEqual({ ...key, etag, updateTime });
  expect(await auth.client.enableKey(byId(keyId))).toEqual(enabled);
});

test("a revoked key takes no change, and DELETE revokes", async () => {
  const { keyId } = await richKey();
  const deleted = await auth.client.deleteKey(byId(keyId));
  expect(deleted.key).toMatchObject({ state: Key_State.REVOKED, revokeTime: inMs(0) });
  for (const change of [
    () => update(keyId, { name: "x" }),
    () => replace(keyId, {}),
    () => rotate(keyId),
    () => auth.client.enableKey(byId(keyId)),
    () => auth.client.disableKey(byId(keyId)),
  ]) {
    await expect(change()).rejects.toMatchObject(NOT_ACTIVE);
  }
  expect(await auth.client.revokeKey(byId(keyId))).toEqual(deleted);
});

test("a rotated key has everything of the old one but the secret, and the old one ends at once", async () => {
  const { key, keyId, secret: oldSecret } = await richKey({ notBeforeTime: new Date(1_000) });
  const { key: made, secret, replacedKey } = await rotate(keyId);
  const { keyId: newKeyId, displayPrefix, createTime, updateTime, etag } = made ?? KEY;
  expect(made).toEqual({ ...key, keyId: newKeyId, displayPrefix, createTime, updateTime, etag });
  expect([apiKeyMode(secret), secret === oldSecret]).toEqual(["live", false]);
  expect(replacedKey).toMatchObject({ state: Key_State.REVOKED, replacedByKeyId: newKeyId });
  expect(await read(keyId)).toEqual(replacedKey);
});

test.each([
  ["with the overlap", undefined, 2 * MINUTE_MS],
  ["at its own end where that comes first", MINUTE_MS, MINUTE_MS],
  ["with the overlap where its own end comes later", 3 * MINUTE_MS, 2 * MINUTE_MS],
])("the old key of a rotation ends %s", async (_when, ownMs, expectedMs) => {
  const expireTime = ownMs === undefined ? undefined : inMs(ownMs);
  const { keyId } = await richKey({ expireTime });
  const { key, replacedKey } = await rotate(keyId, 2 * MINUTE_MS);
  expect(replacedKey).toMatchObject({ state: Key_State.ACTIVE, expireTime: inMs(expectedMs) });
  expect(key?.expireTime).toEqual(expireTime);
});

test("a key that was rotated, disabled or has expired is not rotated, and a rotated one not prolonged", async () => {
  const rotated = await richKey();
  await rotate(rotated.keyId, MINUTE_MS);
  const disabled = await richKey();
  await auth.client.disableKey(byId(disabled.keyId));
  const expired = await richKey({ expireTime: inMs(MINUTE_MS) });
  clock.advance(MINUTE_MS);
  for (const { keyId } of [rotated, disabled, expired]) {
    await expect(rotate(keyId)).rejects.toMatchObject(NOT_ACTIVE);
  }
  const prolonging = update(rotated.keyId, { expireTime: inMs(MINUTE_MS) });
  await expect(prolonging).rejects.toMatchObject(NOT_ACTIVE);
});

test("an overlap of more than 30 days is refused", async () => {
  const { keyId } = await richKey();
  await expect(rotate(keyId, 30 * 86_400_000 + 1_000)).rejects.toMatchObject({
    fields: [{ field: "overlap" }],
  });
});

test("of 10 rotations of one key at a time, one is made", async () => {
  const { keyId } = await richKey();
  const rotations = await Promise.allSettled(Array.from({ length: 10 }, () => rotate(keyId)));
  expect(rotations.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
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
  const { keyId } = await richKey();
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

test("the new key of a rotation can be used like any other", async () => {
  const { key } = await createTestKey(auth, accountId);
  const { key: made } = await rotate(key.keyId, MINUTE_MS);
  expect((await rotate(made?.keyId ?? "")).replacedKey?.keyId).toBe(made?.keyId);
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

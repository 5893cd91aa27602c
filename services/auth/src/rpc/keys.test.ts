import { Key_State } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { KeyMode } from "@geomesh/proto/grpc/geomesh/common/v1/key_mode";
import { apiKeyHash, apiKeyMode, isWellFormedApiKey } from "@geomesh/terms/api-key";
import { AUTH_STALENESS_MS_MAX } from "@geomesh/terms/limits";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isKeyId } from "../store/ids.ts";
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

let mesh: TestMesh;
let auth: TestAuth;
let accountId: string;
beforeAll(async () => {
  mesh = await startTestMesh();
  auth = await startTestAuth(mesh);
  accountId = await createTestAccount(auth);
});
afterAll(async () => {
  await auth.close();
  await mesh.close();
});

test("a new key is active, reads back as created, and shows its secret once and elsewhere only its hash", async () => {
  const expireTime = new Date("2040-02-29T12:34:56.789Z");
  const notBeforeTime = new Date("2030-01-01T00:00:00Z");
  const rate = { requests: 5, per: { seconds: 60n, nanos: 0 }, burst: 0 };
  const request = { name: "Käy 🗝", scopes: ["admin"], expireTime, notBeforeTime };
  const { key, secret } = await auth.client.createKey({
    accountId,
    key: { ...KEY, ...request, rate, keyId: "key_0000000000000000", accountId },
  });
  const keyId = key?.keyId ?? "";
  expect(key).toMatchObject({
    ...request,
    accountId,
    rate: { ...rate, burst: 5 },
    state: Key_State.ACTIVE,
  });
  expect(isKeyId(keyId)).toBe(true);
  expect(keyId).not.toBe("key_0000000000000000");
  expect(isWellFormedApiKey(secret)).toBe(true);
  expect(key?.displayPrefix).toBe(secret.slice(0, 12));
  expect(await auth.client.getKey({ accountId, keyId })).toEqual({ key });
  const last = (await readAll(auth)).changes.at(-1);
  expect(last?.record?.value).toEqual({ key, secretSha256: apiKeyHash(secret) });
});

test("a new key of another account than that of the path is refused", async () => {
  const key = { ...KEY, accountId: "acct_0000000000000000" };
  await expect(auth.client.createKey({ accountId, key })).rejects.toMatchObject({
    kind: "invalid_argument",
    fields: [{ field: "key.account_id", reason: "id.path" }],
  });
});

test("a key created without scopes may look up locations and read usage, and has the plan's limits", async () => {
  const { key } = await createTestKey(auth, accountId);
  expect(key).toMatchObject({ scopes: ["locations:read", "usage:read"] });
  expect([key.rate, key.expireTime, key.notBeforeTime]).toEqual(Array(3).fill(undefined));
});

test("a key may hold every scope of the contract, together", async () => {
  const scopes = ["locations:read", "usage:read", "keys:read", "keys:write", "admin:read", "admin"];
  const { key } = await auth.client.createKey({ accountId, key: { ...KEY, scopes } });
  expect(key?.scopes).toEqual(scopes);
});

test.each([
  ["live", KeyMode.LIVE, KeyMode.LIVE],
  ["test", KeyMode.TEST, KeyMode.TEST],
  ["live", KeyMode.KEY_MODE_UNSPECIFIED, KeyMode.LIVE],
] as const)(
  "a %s key is made for mode %i, with a secret of that mode",
  async (prefix, mode, expected) => {
    const { key, secret } = await auth.client.createKey({ accountId, key: { ...KEY, mode } });
    expect([apiKeyMode(secret), isWellFormedApiKey(secret)]).toEqual([prefix, true]);
    expect(key?.displayPrefix.startsWith(`gm_${prefix}_`)).toBe(true);
    expect(key).toMatchObject({ mode: expected, scopes: ["locations:read", "usage:read"] });
  },
);

test("a key keeps its mode in every answer and record, also when it is revoked", async () => {
  const asked = { ...KEY, mode: KeyMode.TEST, scopes: ["keys:read", "admin:read"] };
  const { key } = await auth.client.createKey({ accountId, key: asked });
  const keyId = key?.keyId ?? "";
  expect(key).toMatchObject({ mode: KeyMode.TEST, scopes: asked.scopes });
  expect(await auth.client.getKey({ accountId, keyId })).toEqual({ key });
  const revoked = await auth.client.revokeKey({ ...AS_IT_IS, accountId, keyId });
  expect(revoked.key?.mode).toBe(KeyMode.TEST);
  const last = (await readAll(auth)).changes.at(-1);
  expect(last?.record?.value).toMatchObject({ key: { keyId, mode: KeyMode.TEST } });
});

test("a revocation says at which revision it is known and from when on no gateway accepts the key", async () => {
  const { key } = await createTestKey(auth, accountId);
  const before = Date.now();
  const { propagation } = await auth.client.revokeKey({ ...AS_IT_IS, accountId, keyId: key.keyId });
  const safeInMs = Number(propagation?.safeTime) - before;
  expect(propagation?.revision).toBe((await readAll(auth)).completeThrough);
  expect(safeInMs).toBeGreaterThan(AUTH_STALENESS_MS_MAX);
  expect(safeInMs).toBeLessThan(AUTH_STALENESS_MS_MAX + 10_000);
});

test("revoking a key changes its etag; revoking it again changes nothing", async () => {
  const { key } = await createTestKey(auth, accountId);
  const revoked = await auth.client.revokeKey({ ...AS_IT_IS, accountId, keyId: key.keyId });
  const { etag, updateTime, revokeTime } = revoked.key ?? KEY;
  expect(revoked.key).toEqual({ ...key, state: Key_State.REVOKED, etag, updateTime, revokeTime });
  expect(revokeTime).toEqual(updateTime);
  expect(revoked.key?.etag).not.toBe(key.etag);
  const { completeThrough } = await readAll(auth);
  expect(await auth.client.revokeKey({ ...AS_IT_IS, accountId, keyId: key.keyId })).toEqual(
    revoked,
  );
  expect((await readAll(auth)).completeThrough).toBe(completeThrough);
});

test("20 concurrent revocations of one key are one change", async () => {
  const { key } = await createTestKey(auth, accountId);
  const before = (await readAll(auth)).completeThrough;
  const revocations = Array.from({ length: 20 }, () =>
    auth.client.revokeKey({ ...AS_IT_IS, accountId, keyId: key.keyId }),
  );
  const etags = (await Promise.all(revocations)).map((it) => it.key?.etag);
  expect(new Set(etags).size).toBe(1);
  expect((await readAll(auth)).completeThrough).toBe(before + 1n);
});

test("another account's key is not found, like one that never existed", async () => {
  const { key } = await createTestKey(auth, accountId);
  const stranger = await anotherAccount(auth);
  const notFound = { kind: "not_found", reason: "KEY_NOT_FOUND" };
  for (const keyId of [key.keyId, "key_0000000000000000", "no key id", "key_\0"]) {
    await expect(auth.client.getKey({ accountId: stranger, keyId })).rejects.toMatchObject(
      notFound,
    );
    const revoking = auth.client.revokeKey({ ...AS_IT_IS, accountId: stranger, keyId });
    await expect(revoking).rejects.toMatchObject(notFound);
  }
});

test("an account's keys are listed in pages, revoked ones too, and no other account's", async () => {
  const owner = await anotherAccount(auth);
  const made = await Promise.all(Array.from({ length: 7 }, () => createTestKey(auth, owner)));
  const ids = made.map((it) => it.key.keyId).toSorted();
  await auth.client.revokeKey({ ...AS_IT_IS, accountId: owner, keyId: ids[3] ?? "" });
  const first = await auth.client.listKeys({ ...FIRST_KEYS, accountId: owner, pageSize: 3 });
  const { nextPageToken: pageToken } = first;
  const rest = await auth.client.listKeys({
    ...FIRST_KEYS,
    accountId: owner,
    pageSize: 500,
    pageToken,
  });
  expect([...first.keys, ...rest.keys].map((it) => it.keyId)).toEqual(ids);
  expect(rest.nextPageToken).toBe("");
  const elsewhere = auth.client.listKeys({ ...FIRST_KEYS, accountId, pageToken });
  await expect(elsewhere).rejects.toMatchObject({ reason: "PAGE_TOKEN_INVALID" });
});

const later = new Date("2030-01-02T00:00:00Z");
const sooner = new Date("2030-01-01T00:00:00Z");

test.each([
  [{ name: "" }, "name"],
  [{ name: "x".repeat(201) }, "name"],
  [{ name: "a\0b" }, "name"],
  [{ name: " \u200b" }, "name"],
  [{ scopes: ["root"] }, "scopes[0]"],
  [{ scopes: ["admin", "admin"] }, "scopes"],
  [{ mode: KeyMode.TEST, scopes: ["keys:write"] }, "scopes"],
  [{ mode: KeyMode.TEST, scopes: ["locations:read", "admin"] }, "scopes"],
  [{ mode: 3 as KeyMode }, "mode"],
  [{ rate: { requests: 0, per: undefined, burst: 1 } }, "rate.requests"],
  [{ rate: { requests: 1, per: undefined, burst: 1_000_001 } }, "rate.burst"],
  [{ expireTime: new Date(Date.now() - 1_000) }, "expire_time"],
  [{ expireTime: sooner, notBeforeTime: later }, "expire_time"],
  [{ expireTime: sooner, notBeforeTime: sooner }, "expire_time"],
  [{ notBeforeTime: new Date(8_640_000_000_000_000) }, "not_before_time"],
  [{ notBeforeTime: new Date(-1) }, "not_before_time"],
])("a new key with %o is refused, with the field's name", async (mistake, field) => {
  const creating = auth.client.createKey({ accountId, key: { ...KEY, ...mistake } });
  await expect(creating).rejects.toMatchObject({
    kind: "invalid_argument",
    fields: [{ field: `key.${field}` }],
  });
});

test.each(["acct_0000000000000000", "-", "acct_\0"])(
  "no key is made for the account %j",
  async (missing) => {
    const creating = auth.client.createKey({ accountId: missing, key: KEY });
    await expect(creating).rejects.toMatchObject({ reason: "ACCOUNT_NOT_FOUND" });
  },
);

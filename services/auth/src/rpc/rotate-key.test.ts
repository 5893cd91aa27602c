import { Key_State } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { apiKeyMode } from "@geomesh/terms/api-key";
import { createTestClock } from "@geomesh/testing/test-clock";
import { afterAll, beforeAll, expect, test } from "vitest";
import { keyCalls } from "../testing/key-calls.ts";
import { createTestAccount, createTestKey, KEY } from "../testing/records.ts";
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

test("a rotated key has everything of the old one but the secret, and the old one ends at once", async () => {
  const { key, keyId, secret: oldSecret } = await calls.richKey({ notBeforeTime: new Date(1_000) });
  const { key: made, secret, replacedKey } = await calls.rotate(keyId);
  const { keyId: newKeyId, displayPrefix, createTime, updateTime, etag } = made ?? KEY;
  expect(made).toEqual({ ...key, keyId: newKeyId, displayPrefix, createTime, updateTime, etag });
  expect([apiKeyMode(secret), secret === oldSecret]).toEqual(["live", false]);
  expect(replacedKey).toMatchObject({ state: Key_State.REVOKED, replacedByKeyId: newKeyId });
  expect(await calls.read(keyId)).toEqual(replacedKey);
});

test.each([
  ["with the overlap", undefined, 2 * MINUTE_MS],
  ["at its own end where that comes first", MINUTE_MS, MINUTE_MS],
  ["with the overlap where its own end comes later", 3 * MINUTE_MS, 2 * MINUTE_MS],
])("the old key of a rotation ends %s", async (_when, ownMs, expectedMs) => {
  const expireTime = ownMs === undefined ? undefined : inMs(ownMs);
  const { keyId } = await calls.richKey({ expireTime });
  const { key, replacedKey } = await calls.rotate(keyId, 2 * MINUTE_MS);
  expect(replacedKey).toMatchObject({ state: Key_State.ACTIVE, expireTime: inMs(expectedMs) });
  expect(key?.expireTime).toEqual(expireTime);
});

test("a key that was rotated, disabled or has expired is not rotated, and a rotated one not prolonged", async () => {
  const rotated = await calls.richKey();
  await calls.rotate(rotated.keyId, MINUTE_MS);
  const disabled = await calls.richKey();
  await auth.client.disableKey(calls.byId(disabled.keyId));
  const expired = await calls.richKey({ expireTime: inMs(MINUTE_MS) });
  clock.advance(MINUTE_MS);
  for (const { keyId } of [rotated, disabled, expired]) {
    await expect(calls.rotate(keyId)).rejects.toMatchObject(NOT_ACTIVE);
  }
  const prolonging = calls.update(rotated.keyId, { expireTime: inMs(MINUTE_MS) });
  await expect(prolonging).rejects.toMatchObject(NOT_ACTIVE);
});

test("an overlap of more than 30 days is refused", async () => {
  const { keyId } = await calls.richKey();
  await expect(calls.rotate(keyId, 30 * 86_400_000 + 1_000)).rejects.toMatchObject({
    fields: [{ field: "overlap" }],
  });
});

test("of 10 rotations of one key at a time, one is made", async () => {
  const { keyId } = await calls.richKey();
  const rotations = await Promise.allSettled(Array.from({ length: 10 }, () => calls.rotate(keyId)));
  expect(rotations.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

test("the new key of a rotation can be used like any other", async () => {
  const { key } = await createTestKey(auth, accountId);
  const { key: made } = await calls.rotate(key.keyId, MINUTE_MS);
  expect((await calls.rotate(made?.keyId ?? "")).replacedKey?.keyId).toBe(made?.keyId);
});

import { createTestClock } from "@geomesh/testing/test-clock";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ACCOUNT, AS_IT_IS, createTestKey, FIRST_KEYS, KEY, PLAN } from "../testing/records.ts";
import {
  startTestAuth,
  startTestMesh,
  type TestAuth,
  type TestMesh,
} from "../testing/start-test-auth.ts";

const DAY_MS = 86_400_000;
const FORBIDDEN = { kind: "permission_denied", reason: "PLAN_FORBIDDEN" };

let mesh: TestMesh;
let auth: TestAuth;
const clock = createTestClock();
beforeAll(async () => {
  mesh = await startTestMesh();
  auth = await startTestAuth(mesh, {}, { clock });
});
afterAll(async () => {
  await auth.close();
  await mesh.close();
});

/** A new account whose plan allows so many keys; answers its id. */
async function accountWith(planId: string, keysMax: number): Promise<string> {
  await auth.client.createPlan({ plan: { ...PLAN, planId, keysMax } });
  const { account } = await auth.client.createAccount({ account: { ...ACCOUNT, planId } });
  return account?.accountId ?? "";
}

test("an account gets as many keys as its plan allows, also when it asks for all at once", async () => {
  const accountId = await accountWith("five", 5);
  const asked = await Promise.allSettled(
    Array.from({ length: 12 }, () => createTestKey(auth, accountId)),
  );
  expect(asked.filter(({ status }) => status === "fulfilled")).toHaveLength(5);
  await expect(createTestKey(auth, accountId)).rejects.toMatchObject({
    ...FORBIDDEN,
    publicMessage: expect.stringContaining("allows 5 keys at once"),
  });
});

test("a revoked key and an expired one make room for another", async () => {
  const accountId = await accountWith("two", 2);
  const expireTime = new Date(clock.wallMs() + 60_000);
  await auth.client.createKey({ accountId, key: { ...KEY, expireTime } });
  const { key } = await createTestKey(auth, accountId);
  await expect(createTestKey(auth, accountId)).rejects.toMatchObject(FORBIDDEN);
  await auth.client.revokeKey({ ...AS_IT_IS, accountId, keyId: key.keyId });
  await createTestKey(auth, accountId);
  await expect(createTestKey(auth, accountId)).rejects.toMatchObject(FORBIDDEN);
  clock.advance(60_000);
  await createTestKey(auth, accountId);
});

test("an account that creates and revokes keys without end is stopped for a day", async () => {
  const accountId = await accountWith("one", 1);
  for (let i = 0; i < 20; i++) {
    const { key } = await createTestKey(auth, accountId);
    await auth.client.revokeKey({ ...AS_IT_IS, accountId, keyId: key.keyId });
  }
  await expect(createTestKey(auth, accountId)).rejects.toMatchObject({
    ...FORBIDDEN,
    publicMessage: expect.stringContaining("20 new keys in 24 hours"),
  });
  clock.advance(DAY_MS);
  await createTestKey(auth, accountId);
});

test("a rotation at once needs no room; one with an overlap needs it until the old key ends", async () => {
  const accountId = await accountWith("rotating", 2);
  const { key } = await createTestKey(auth, accountId);
  await createTestKey(auth, accountId);
  const rotate = (keyId: string, seconds: bigint) =>
    auth.client.rotateKey({ ...AS_IT_IS, accountId, keyId, overlap: { seconds, nanos: 0 } });
  await expect(rotate(key.keyId, 60n)).rejects.toMatchObject(FORBIDDEN);
  const { key: second } = await rotate(key.keyId, 0n);
  const request = { ...AS_IT_IS, accountId, keyId: second?.keyId ?? "" };
  await auth.client.revokeKey(request);
  const { key: third } = await createTestKey(auth, accountId);
  await expect(rotate(third.keyId, 60n)).rejects.toMatchObject(FORBIDDEN);
  const { keys } = await auth.client.listKeys({ ...FIRST_KEYS, accountId, state: 1 });
  const other = keys.find(({ keyId }) => keyId !== third.keyId);
  await auth.client.revokeKey({ ...request, keyId: other?.keyId ?? "" });
  await rotate(third.keyId, 60n);
  await expect(createTestKey(auth, accountId)).rejects.toMatchObject(FORBIDDEN);
  clock.advance(60_000);
  await createTestKey(auth, accountId);
});

test("a disabled key takes its place, and an expired one that is prolonged needs one", async () => {
  const accountId = await accountWith("disabling", 1);
  const expireTime = new Date(clock.wallMs() + 60_000);
  const { key } = await auth.client.createKey({ accountId, key: { ...KEY, expireTime } });
  const request = { ...AS_IT_IS, accountId, keyId: key?.keyId ?? "" };
  await auth.client.disableKey(request);
  await expect(createTestKey(auth, accountId)).rejects.toMatchObject(FORBIDDEN);
  clock.advance(60_000);
  await createTestKey(auth, accountId);
  const prolonging = auth.client.updateKey({ ...request, key: KEY, updateMask: ["expire_time"] });
  await expect(prolonging).rejects.toMatchObject(FORBIDDEN);
});

import { createTestClock } from "@geomesh/testing/test-clock";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestAccount, createTestKey, FIRST_KEYS } from "../testing/records.ts";
import {
  startTestAuth,
  startTestMesh,
  type TestAuth,
  type TestMesh,
} from "../testing/start-test-auth.ts";

const MINUTE_MS = 60_000;

let mesh: TestMesh;
let auth: TestAuth;
let accountId: string;
const clock = createTestClock();
const minute = Math.floor(clock.wallMs() / MINUTE_MS) * MINUTE_MS;
beforeAll(async () => {
  mesh = await startTestMesh();
  auth = await startTestAuth(mesh, {}, { clock });
  accountId = await createTestAccount(auth);
});
afterAll(async () => {
  await auth.close();
  await mesh.close();
});

const newKey = async () => (await createTestKey(auth, accountId)).key;
const report = (...uses: { keyId: string; useTime: Date }[]) =>
  auth.directory.reportKeyUse({ uses });
const lastUse = async (keyId: string) =>
  (await auth.client.getKey({ accountId, keyId })).key?.lastUsedTime;
/** So many minutes ago, and some seconds. */
const ago = (minutes: number) => new Date(minute - minutes * MINUTE_MS + 12_345);
const wholeMinute = (minutes: number) => new Date(minute - minutes * MINUTE_MS);

test("the later use of a key stays, as a whole minute, in every answer", async () => {
  const { keyId } = await newKey();
  expect(await lastUse(keyId)).toBeUndefined();
  await report({ keyId, useTime: ago(9) }, { keyId, useTime: ago(5) }, { keyId, useTime: ago(7) });
  expect(await lastUse(keyId)).toEqual(wholeMinute(5));
  await report({ keyId, useTime: ago(8) });
  expect(await lastUse(keyId)).toEqual(wholeMinute(5));
  await report({ keyId, useTime: ago(3) });
  const { keys } = await auth.client.listKeys({ ...FIRST_KEYS, accountId });
  expect(keys.find((key) => key.keyId === keyId)?.lastUsedTime).toEqual(wholeMinute(3));
  const disabled = await auth.client.disableKey({ accountId, keyId, etag: "", wait: undefined });
  expect(disabled.key?.lastUsedTime).toEqual(wholeMinute(3));
});

test("a use makes no revision, and leaves the etag and the time of the last change as they are", async () => {
  const key = await newKey();
  const before = await auth.newestRevision();
  await report({ keyId: key.keyId, useTime: ago(1) });
  expect(await auth.newestRevision()).toBe(before);
  const { key: after } = await auth.client.getKey({ accountId, keyId: key.keyId });
  expect(after).toEqual({ ...key, lastUsedTime: wholeMinute(1) });
});

test("a use that is to come counts as now, and a key that does not exist is ignored", async () => {
  const { keyId } = await newKey();
  await report(
    { keyId, useTime: new Date(minute + 90 * MINUTE_MS) },
    { keyId: "key_0000000000000000", useTime: ago(1) },
    { keyId: "no key id", useTime: ago(1) },
  );
  expect(await lastUse(keyId)).toEqual(wholeMinute(0));
});

test("reports of many keys at the same time, in any order, are all kept", async () => {
  const keyIds = await Promise.all(Array.from({ length: 20 }, async () => (await newKey()).keyId));
  const uses = keyIds.map((keyId) => ({ keyId, useTime: ago(2) }));
  const reports = [uses, uses.toReversed(), uses.toSorted((a, b) => (a.keyId < b.keyId ? 1 : -1))];
  await Promise.all([...reports, ...reports].map((some) => report(...some)));
  for (const keyId of keyIds) expect(await lastUse(keyId)).toEqual(wholeMinute(2));
});

test.each([
  ["no use", 0],
  ["more than 1,000 uses", 1_001],
])("a report of %s is refused", async (_what, count) => {
  const use = { keyId: "key_0000000000000000", useTime: ago(1) };
  await expect(report(...Array(count).fill(use))).rejects.toMatchObject({
    fields: [{ field: "uses" }],
  });
});

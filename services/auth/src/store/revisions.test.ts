import { expect, onTestFinished, test } from "vitest";
import { readAll } from "../testing/follower.ts";
import {
  ACCOUNT,
  AS_IT_IS,
  anotherAccount,
  createTestAccount,
  createTestKey,
} from "../testing/records.ts";
import { startTestAuth, startTestMesh } from "../testing/start-test-auth.ts";

async function startAuth() {
  const mesh = await startTestMesh();
  onTestFinished(() => mesh.close());
  const auth = await startTestAuth(mesh);
  onTestFinished(() => auth.close());
  return auth;
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => BigInt(index + 1));

test("50 concurrent writers get revisions without gaps, one a change", async () => {
  const auth = await startAuth();
  const accountId = await createTestAccount(auth);
  const writers = Array.from({ length: 50 }, (_, index) =>
    index % 2 === 0 ? anotherAccount(auth) : createTestKey(auth, accountId),
  );
  await Promise.all(writers);
  const { changes, completeThrough } = await readAll(auth);
  expect(changes.map((it) => it.revision)).toEqual(upTo(52));
  expect(completeThrough).toBe(52n);
});

test("a write that fails takes no revision", async () => {
  const auth = await startAuth();
  await createTestAccount(auth);
  await expect(createTestAccount(auth)).rejects.toMatchObject({ kind: "already_exists" });
  const missing = auth.client.createAccount({ account: { ...ACCOUNT, planId: "missing" } });
  await expect(missing).rejects.toMatchObject({ kind: "failed_precondition" });
  await anotherAccount(auth);
  expect((await readAll(auth)).changes.map((it) => it.revision)).toEqual(upTo(3));
});

test("a record that changed twice comes once, as it is now, at its newest revision", async () => {
  const auth = await startAuth();
  const accountId = await createTestAccount(auth);
  const { key } = await createTestKey(auth, accountId);
  await anotherAccount(auth);
  await auth.client.revokeKey({ ...AS_IT_IS, accountId, keyId: key.keyId });
  const { changes, completeThrough } = await readAll(auth);
  expect(changes.map((it) => [it.revision, it.record?.$case])).toEqual([
    [1n, "plan"],
    [2n, "account"],
    [4n, "account"],
    [5n, "key"],
  ]);
  expect(changes.at(-1)?.record?.value).toMatchObject({ key: { state: 2, etag: "5" } });
  expect(completeThrough).toBe(5n);
});

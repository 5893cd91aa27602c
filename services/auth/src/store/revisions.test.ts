import { SYSTEM_CLOCK } from "@geomesh/runtime/clock";
import { expect, onTestFinished, test } from "vitest";
import { readAll } from "../testing/follower.ts";
import { openAuthDatabase } from "../testing/open-auth-database.ts";
import {
  ACCOUNT_REQUEST,
  anotherAccount,
  createTestAccount,
  createTestKey,
} from "../testing/records.ts";
import { startTestAuth, startTestMesh } from "../testing/start-test-auth.ts";
import { insertAccount } from "./accounts.ts";
import { newAccountId } from "./ids.ts";
import { createWriter } from "./write.ts";

async function startAuth() {
  const mesh = await startTestMesh();
  onTestFinished(() => mesh.close());
  const auth = await startTestAuth(mesh);
  onTestFinished(() => auth.close());
  return { ...auth, databaseUrl: mesh.databaseUrl };
}

/** Creates many accounts in one transaction, without the RPC, because that is quicker. */
async function fillWithAccounts(url: string, count: number): Promise<void> {
  const { db, close } = await openAuthDatabase(url);
  const write = createWriter({ db, clock: SYSTEM_CLOCK, onCommit: () => undefined });
  await write(async (changes) => {
    for (let created = 0; created < count; created++) {
      await insertAccount(changes, { ...ACCOUNT_REQUEST, accountId: newAccountId() });
    }
  });
  await close();
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
  const missing = auth.client.createAccount({ name: "Example", planId: "missing" });
  await expect(missing).rejects.toMatchObject({ kind: "failed_precondition" });
  await anotherAccount(auth);
  expect((await readAll(auth)).changes.map((it) => it.revision)).toEqual(upTo(3));
});

test("a record that changed twice comes once, as it is now, at its newest revision", async () => {
  const auth = await startAuth();
  const accountId = await createTestAccount(auth);
  const { key } = await createTestKey(auth, accountId);
  await anotherAccount(auth);
  await auth.client.revokeKey({ accountId, keyId: key.keyId });
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

test("changes come in messages of 500 at most, and only those after the given revision", async () => {
  const auth = await startAuth();
  await createTestAccount(auth);
  await fillWithAccounts(auth.databaseUrl, 1008);
  const all = await readAll(auth);
  expect(all.messageSizes).toEqual([500, 500, 10]);
  expect(all.changes.map((it) => it.revision)).toEqual(upTo(1010));
  const late = await readAll(auth, 1003n);
  expect(late.changes.map((it) => it.revision)).toEqual(upTo(1010).slice(1003));
  expect(late.completeThrough).toBe(1010n);
});

test("without changes one empty message says how far it reaches", async () => {
  const auth = await startAuth();
  expect(await readAll(auth)).toEqual({ changes: [], completeThrough: 0n, messageSizes: [0] });
  await createTestAccount(auth);
  expect(await readAll(auth, 2n)).toEqual({ changes: [], completeThrough: 2n, messageSizes: [0] });
});

test.each([1n, 2n ** 63n, 2n ** 64n - 1n])(
  "revision %d, ahead of the database, is refused",
  async (afterRevision) => {
    const auth = await startAuth();
    await expect(readAll(auth, afterRevision)).rejects.toMatchObject({
      kind: "failed_precondition",
      reason: "REVISION_UNKNOWN",
    });
  },
);

test("readers that stop in the middle return their connections to the pool", async () => {
  const auth = await startAuth();
  await createTestAccount(auth);
  for (let reader = 0; reader < 10; reader++) {
    for await (const _ of auth.client.streamChanges({ afterRevision: 0n })) break;
  }
  expect((await readAll(auth)).completeThrough).toBe(2n);
});

import { eventually } from "@geomesh/testing/eventually";
import { expect, onTestFinished, test } from "vitest";
import { dumpDatabase, restoreDatabase } from "../testing/dump.ts";
import { newestByRecord, readAll, watchForTest } from "../testing/follower.ts";
import { anotherAccount, createTestAccount, createTestKey } from "../testing/records.ts";
import { startTestAuth, startTestMesh } from "../testing/start-test-auth.ts";

async function startMesh() {
  const mesh = await startTestMesh();
  onTestFinished(() => mesh.close());
  return mesh;
}

async function startAuth(mesh: Awaited<ReturnType<typeof startMesh>>) {
  const auth = await startTestAuth(mesh);
  onTestFinished(() => auth.close());
  return auth;
}

test("after a restore of an older dump every watcher is reset to what the database holds, though revisions come again", async () => {
  const mesh = await startMesh();
  const auth = await startAuth(mesh);
  const accountId = await createTestAccount(auth);
  const dump = await dumpDatabase(mesh.databaseUrl);
  const lost = await createTestKey(auth, accountId);
  await anotherAccount(auth);
  const held = await readAll(auth);
  const watchers = [watchForTest(auth), watchForTest(auth)];
  await eventually(() => watchers.every(({ records }) => records.size === 4));

  await restoreDatabase(mesh.databaseUrl, dump);
  for (let more = 0; more < 4; more++) await createTestKey(auth, accountId);
  await eventually(() => watchers.every(({ messages }) => messages.some(({ isReset }) => isReset)));
  const truth = await readAll(auth);
  expect(truth.historyId).not.toBe(held.historyId);
  expect(truth.completeThrough).toBeGreaterThan(held.completeThrough);
  const records = newestByRecord(truth.changes);
  expect(records.has(lost.key.keyId)).toBe(false);
  for (const watcher of watchers) await eventually(() => expect(watcher.records).toEqual(records));
});

test("a watcher that comes back after a restore is reset, by an auth that ran through it and by one that started after", async () => {
  const mesh = await startMesh();
  const auth = await startAuth(mesh);
  const accountId = await createTestAccount(auth);
  const dump = await dumpDatabase(mesh.databaseUrl);
  await createTestKey(auth, accountId);
  const { historyId, completeThrough: afterRevision } = await readAll(auth);
  await restoreDatabase(mesh.databaseUrl, dump);
  await createTestKey(auth, accountId);
  const later = await startAuth(mesh);
  const truth = newestByRecord((await readAll(later)).changes);
  for (const each of [auth, later]) {
    // The auth that ran through the restore may take a second to find out.
    const changes = await eventually(async () => {
      const read = await readAll(each, { historyId, afterRevision });
      expect(read.isReset).toBe(true);
      return read.changes;
    });
    expect(newestByRecord(changes)).toEqual(truth);
  }
});

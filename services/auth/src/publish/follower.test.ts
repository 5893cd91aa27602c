import type { Change } from "@geomesh/proto/grpc/geomesh/auth/v1/change";
import { eventually } from "@geomesh/testing/eventually";
import { expect, onTestFinished, test } from "vitest";
import { hearChanges, newestByRecord, readAll } from "../testing/follower.ts";
import { createTestAccount, createTestKey } from "../testing/records.ts";
import { startTestAuth, startTestMesh, type TestAuth } from "../testing/start-test-auth.ts";

/** Creates keys and revokes every second one, all at once. */
async function churn(auth: TestAuth, accountId: string): Promise<void> {
  const lives = Array.from({ length: 60 }, async (_, index) => {
    const { key } = await createTestKey(auth, accountId);
    if (index % 2 === 0) await auth.client.revokeKey({ accountId, keyId: key.keyId });
  });
  await Promise.all(lives);
}

test("a follower that subscribes, loads, and applies what is newer ends with what the database holds, whenever it loads", async () => {
  const mesh = await startTestMesh();
  onTestFinished(() => mesh.close());
  const auth = await startTestAuth(mesh);
  onTestFinished(() => auth.close());
  const accountId = await createTestAccount(auth);

  const churning = churn(auth, accountId);
  const followers = [];
  let settled = false;
  void churning.then(() => {
    settled = true;
  });
  do {
    const heard = await hearChanges(mesh.events);
    const { changes: loaded, completeThrough } = await readAll(auth);
    followers.push({ heard, loaded, completeThrough });
  } while (!settled);
  await churning;

  const truth = await readAll(auth);
  const state = newestByRecord(truth.changes);
  expect(followers.length).toBeGreaterThan(1);
  for (const { heard, loaded, completeThrough } of followers) {
    await eventually(() => expect(lastOf(heard, completeThrough)).toBe(truth.completeThrough));
    const newer = heard.filter((change) => change.revision > completeThrough);
    expect(newer.map((it) => it.revision)).toEqual(between(completeThrough, truth.completeThrough));
    expect(newestByRecord([...loaded, ...newer])).toEqual(state);
  }
});

const lastOf = (heard: Change[], completeThrough: bigint) => {
  const last = heard.at(-1)?.revision ?? 0n;
  return last > completeThrough ? last : completeThrough;
};

const between = (after: bigint, through: bigint) =>
  Array.from({ length: Number(through - after) }, (_, index) => after + BigInt(index + 1));

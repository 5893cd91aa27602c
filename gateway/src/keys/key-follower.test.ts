import { Account_State, Key_State } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import { apiKeyHash } from "@geomesh/terms/api-key";
import { eventually } from "@geomesh/testing/eventually";
import { expect, test } from "vitest";
import { followerForTest, PLACE } from "./testing/follower.ts";
import { accountRecord, keyRecord, planRecord, secretOf } from "./testing/records.ts";

const secret = secretOf();

/** A follower that has loaded a key with its account and plan, at revision 3. */
async function loadedFollower() {
  const mesh = await followerForTest();
  const records = [planRecord(), accountRecord(), keyRecord(secret)];
  for (const record of records) mesh.auth.commit(record);
  const follower = mesh.start();
  await eventually(() => expect(follower.problems(60_000)).toEqual([]));
  const { directory } = mesh.auth;
  return { ...mesh, directory, follower, find: () => mesh.table.find(apiKeyHash(secret)) };
}

test("the table is loaded at the start, and until then nothing counts as heard", async () => {
  const mesh = await followerForTest();
  mesh.auth.directory.isBroken = true;
  mesh.auth.commit(planRecord());
  const follower = mesh.start();
  await eventually(() => expect(mesh.auth.directory.asked.length).toBeGreaterThan(1));
  expect(follower.problems(60_000)).toHaveLength(1);
  expect(follower.beatAgeMs()).toBe(Number.POSITIVE_INFINITY);
  mesh.auth.commit(accountRecord());
  mesh.auth.commit(keyRecord(secret));
  mesh.auth.directory.isBroken = false;
  await eventually(() => expect(follower.problems(60_000)).toEqual([]));
  expect(follower.beatAgeMs()).toBe(0);
  expect(mesh.table.find(apiKeyHash(secret))?.key.keyId).toBe("key_a");
});

test("no key is found in part of a load", async () => {
  const mesh = await followerForTest();
  mesh.auth.directory.isCutShort = true;
  const records = [planRecord(), accountRecord(), keyRecord(secret), planRecord({ planId: "b" })];
  for (const record of records) mesh.auth.commit(record);
  const follower = mesh.start();
  await eventually(() => expect(mesh.auth.directory.asked.length).toBeGreaterThan(1));
  expect(mesh.table.keysCount).toBe(0);
  mesh.auth.directory.isCutShort = false;
  await eventually(() => expect(follower.problems(60_000)).toEqual([]));
  expect(mesh.table.keysCount).toBe(1);
});

test("an auth where nothing was ever committed is loaded, and its first records arrive", async () => {
  const mesh = await followerForTest();
  const follower = mesh.start();
  await eventually(() => expect(follower.problems(60_000)).toEqual([]));
  for (const record of [planRecord(), accountRecord(), keyRecord(secret)]) mesh.auth.commit(record);
  await eventually(() => expect(mesh.table.find(apiKeyHash(secret))).toBeDefined());
  expect(mesh.auth.directory.asked).toHaveLength(1);
});

test("a change takes effect by the stream alone, while NATS is unavailable", async () => {
  const { nats, auth, directory, find } = await loadedFollower();
  await nats.kill();
  auth.commit(keyRecord(secret, { state: Key_State.REVOKED }));
  await eventually(() => expect(find()?.key.state).toBe(Key_State.REVOKED));
  auth.commit(accountRecord({ state: Account_State.SUSPENDED }));
  await eventually(() => expect(find()?.account.state).toBe(Account_State.SUSPENDED));
  expect(directory.asked).toHaveLength(1);
});

test("a stream that is open but silent makes the table old, and a new one makes it fresh", async () => {
  const { auth, directory, clock, follower, find } = await loadedFollower();
  directory.mute();
  directory.isSilent = true;
  auth.commit(keyRecord(secret, { state: Key_State.REVOKED }));
  clock.advance(2_900);
  expect(follower.beatAgeMs()).toBe(2_900);
  clock.advance(2_200);
  await eventually(() => expect(directory.asked.length).toBeGreaterThan(1));
  expect(follower.beatAgeMs()).toBe(5_100);
  expect(follower.problems(5_100)).toEqual([]);
  expect(follower.problems(5_099)).toMatchObject([{ reason: "keys_stale" }]);
  directory.isSilent = false;
  clock.advance(3_100);
  await eventually(() => expect(find()?.key.state).toBe(Key_State.REVOKED));
  await eventually(() => expect(follower.beatAgeMs()).toBe(0));
  expect(directory.asked.at(-1)).toEqual({ historyId: "history-1", afterRevision: 3n });
});

test("a hint at what does not arrive makes the stream be opened anew", async () => {
  const { auth, directory, clock, hint, find } = await loadedFollower();
  directory.leaveBehind();
  auth.commit(keyRecord(secret, { state: Key_State.REVOKED }));
  hint("history-1", 4n);
  // The clock stands still: it moves only until the hint has come and is overdue.
  await eventually(() => {
    clock.advance(10);
    expect(find()?.key.state).toBe(Key_State.REVOKED);
  });
});

test.each([
  { why: "a revision of this history that is far ahead", historyId: "history-1" },
  { why: "another history", historyId: "forged" },
])(
  "a hint at $why makes no key and takes none, and the table is not loaded again",
  async ({ historyId }) => {
    const { directory, clock, hint, find, table, follower } = await loadedFollower();
    hint(historyId, 2n ** 64n - 1n);
    await eventually(() => {
      clock.advance(10);
      expect(directory.asked.length).toBeGreaterThan(1);
    });
    await eventually(() => expect(follower.beatAgeMs()).toBe(0));
    expect(directory.asked.slice(1)).toEqual([{ historyId: "history-1", afterRevision: 3n }]);
    expect([find()?.key.keyId, find()?.key.state]).toEqual(["key_a", Key_State.ACTIVE]);
    expect(table.keysCount).toBe(1);
  },
);

test("after a restore the keys of the lost history are accepted no longer, and those of the new one are", async () => {
  const { auth, directory, find, table, follower } = await loadedFollower();
  const other = secretOf();
  directory.restore(2n, "history-2");
  for (const scope of ["a", "b", "c"]) {
    auth.commit(keyRecord(other, { keyId: "key_b", scopes: [scope] }));
  }
  await eventually(() => expect(table.find(apiKeyHash(other))?.key.scopes).toEqual(["c"]));
  expect(find()).toBeUndefined();
  expect(table.keysCount).toBe(1);
  expect(follower.problems(60_000)).toEqual([]);
});

test("while a restored auth is loaded, keys are accepted by what was held before, which grows old", async () => {
  const { auth, directory, find, clock, follower, table } = await loadedFollower();
  const other = secretOf();
  directory.isCutShort = true;
  directory.cut();
  directory.restore(2n, "history-2");
  auth.commit(keyRecord(other, { keyId: "key_b" }));
  await eventually(() => expect(directory.asked.length).toBeGreaterThan(2));
  clock.advance(100);
  expect([find()?.key.keyId, table.keysCount]).toEqual(["key_a", 1]);
  expect(follower.beatAgeMs()).toBe(100);
  directory.isCutShort = false;
  await eventually(() => expect(find()).toBeUndefined());
  expect(table.find(apiKeyHash(other))?.key.keyId).toBe("key_b");
});

test("auth hears of a follower before it watches, of what it applied, and that it ends", async () => {
  const { follower, auth, directory } = await loadedFollower();
  const { acknowledged } = directory;
  expect(acknowledged[0]).toMatchObject({ historyId: "", revision: 0n, isLeaving: false });
  const held = { historyId: directory.historyId, isLeaving: false };
  await eventually(() => expect(acknowledged.at(-1)).toMatchObject({ ...held, revision: 3n }));
  auth.commit(keyRecord(secret, { state: Key_State.REVOKED }));
  await eventually(() => expect(acknowledged.at(-1)).toMatchObject({ ...held, revision: 4n }));
  await follower.close();
  expect(acknowledged.at(-1)).toMatchObject({ isLeaving: true });
  expect(new Set(acknowledged.map(({ followerId }) => followerId)).size).toBe(1);
  const self = { place: PLACE, epoch: 7n, stalenessMaxMs: 30_000 };
  for (const each of acknowledged) expect(each).toMatchObject(self);
});

import { Key_State } from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import { apiKeyHash } from "@geomesh/terms/api-key";
import { eventually } from "@geomesh/testing/eventually";
import { expect, test } from "vitest";
import { followerForTest } from "./testing/follower.ts";
import { accountRecord, keyRecord, planRecord, secretOf } from "./testing/records.ts";

const secret = secretOf();

/** A follower that has loaded a key with its account and plan, at revision 3. */
async function loadedFollower() {
  const mesh = await followerForTest();
  const records = [planRecord(), accountRecord(), keyRecord(secret)];
  for (const record of records) mesh.auth.commit(record);
  const follower = mesh.start();
  await eventually(() => expect(follower.problems()).toEqual([]));
  return { ...mesh, follower, find: () => mesh.table.find(apiKeyHash(secret)) };
}

test("the table is loaded at the start, and its age is infinite until then", async () => {
  const mesh = await followerForTest();
  mesh.auth.end = "broken";
  mesh.auth.commit(planRecord());
  const follower = mesh.start();
  await eventually(() => expect(mesh.auth.asked.length).toBeGreaterThan(1));
  expect(follower.problems()).toHaveLength(1);
  expect(follower.beatAgeMs()).toBe(Number.POSITIVE_INFINITY);
  mesh.auth.commit(accountRecord());
  mesh.auth.commit(keyRecord(secret));
  mesh.auth.end = "whole";
  await eventually(() => expect(follower.problems()).toEqual([]));
  expect(follower.beatAgeMs()).toBe(0);
  expect(mesh.table.find(apiKeyHash(secret))?.key.keyId).toBe("key_a");
});

test("an auth without any record is loaded, and its first records arrive", async () => {
  const mesh = await followerForTest();
  const follower = mesh.start();
  await eventually(() => expect(follower.problems()).toEqual([]));
  for (const record of [planRecord(), accountRecord(), keyRecord(secret)]) {
    mesh.announce(mesh.auth.commit(record));
  }
  await eventually(() => expect(mesh.table.find(apiKeyHash(secret))).toBeDefined());
  expect(mesh.auth.asked).toEqual([0n]);
});

test("an event takes effect without asking auth", async () => {
  const { auth, announce, find } = await loadedFollower();
  announce(auth.commit(keyRecord(secret, { state: Key_State.REVOKED })));
  await eventually(() => expect(find()?.key.state).toBe(Key_State.REVOKED));
  announce(auth.commit(accountRecord({ name: "renamed" })));
  await eventually(() => expect(find()?.account.name).toBe("renamed"));
  expect(auth.asked).toEqual([0n]);
});

test("after a missed event all changes since the last one held are asked for", async () => {
  const { auth, announce, find } = await loadedFollower();
  auth.commit(keyRecord(secret, { state: Key_State.REVOKED }));
  announce(auth.commit(accountRecord({ name: "renamed" })));
  await eventually(() => expect(find()?.account.name).toBe("renamed"));
  await eventually(() => expect(find()?.key.state).toBe(Key_State.REVOKED));
  expect(auth.asked).toEqual([0n, 3n]);
});

test("a beat that is ahead brings what was missed", async () => {
  const { auth, beat, find } = await loadedFollower();
  auth.commit(keyRecord(secret, { state: Key_State.REVOKED }));
  beat(4);
  await eventually(() => expect(find()?.key.state).toBe(Key_State.REVOKED));
  expect(auth.asked).toEqual([0n, 3n]);
});

test("a beat counts when nothing is missing, and does not count otherwise", async () => {
  const { auth, beat, clock, follower } = await loadedFollower();
  clock.advance(1_500);
  expect(follower.beatAgeMs()).toBe(1_500);
  beat(3);
  await eventually(() => expect(follower.beatAgeMs()).toBe(0));
  auth.end = "broken";
  clock.advance(1_500);
  beat(4);
  await eventually(() => expect(auth.asked.length).toBeGreaterThan(1));
  expect(follower.beatAgeMs()).toBe(1_500);
});

test("after auth was restored to an earlier state all is loaded anew", async () => {
  const { auth, beat, find, follower, table } = await loadedFollower();
  auth.keepFirst(2);
  beat(2);
  await eventually(() => expect(find()).toBeUndefined());
  await eventually(() => expect(follower.problems()).toEqual([]));
  expect([auth.asked, table.keysCount]).toEqual([[0n, 3n, 0n], 0]);
});

test("a stream without its last message counts as cut and is asked for again", async () => {
  const { auth, beat, clock, follower, find } = await loadedFollower();
  auth.end = "cut";
  auth.commit(keyRecord(secret, { name: "renamed" }));
  clock.advance(1_500);
  beat(4);
  await eventually(() => expect(auth.asked.length).toBeGreaterThan(2));
  expect(follower.beatAgeMs()).toBe(1_500);
  auth.end = "whole";
  await eventually(() => expect(follower.beatAgeMs()).toBe(0));
  expect(new Set(auth.asked)).toEqual(new Set([0n, 3n]));
  expect(find()?.key.name).toBe("renamed");
});

test("while NATS is unavailable auth itself is asked, and its answer is as good as a beat", async () => {
  const { nats, auth, clock, find, follower } = await loadedFollower();
  await nats.kill();
  auth.commit(keyRecord(secret, { state: Key_State.REVOKED }));
  clock.advance(2_001);
  await eventually(() => expect(find()?.key.state).toBe(Key_State.REVOKED));
  await eventually(() => expect(follower.beatAgeMs()).toBe(0));
});

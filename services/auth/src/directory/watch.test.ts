import { eventually } from "@geomesh/testing/eventually";
import { expect, onTestFinished, test, vi } from "vitest";
import { CHANGE_COMMITTED } from "../publish/events.ts";
import { fillWithAccounts } from "../testing/bulk.ts";
import { fewAtATime } from "../testing/few-at-a-time.ts";
import { newestByRecord, readAll, watchForTest } from "../testing/follower.ts";
import { AS_IT_IS, anotherAccount, createTestAccount, createTestKey } from "../testing/records.ts";
import { startTestAuth, startTestMesh, type TestAuth } from "../testing/start-test-auth.ts";
import { ChangeLog } from "./change-log.ts";

async function startAuth() {
  const mesh = await startTestMesh();
  onTestFinished(() => mesh.close());
  const auth = await startTestAuth(mesh);
  onTestFinished(() => auth.close());
  return { ...auth, mesh };
}

const READINGS = "auth_directory_readings_total";
const upTo = (count: number) => Array.from({ length: count }, (_, index) => BigInt(index + 1));

test("100 watchers and one change: one reading of the database", async () => {
  const auth = await startAuth();
  await createTestAccount(auth);
  const watchers = Array.from({ length: 100 }, () => watchForTest(auth));
  await eventually(() => watchers.every(({ records }) => records.size === 2));
  await eventually(async () => (await auth.metric("auth_directory_watchers")) === 100);
  const before = await auth.metric(READINGS);
  const accountId = await anotherAccount(auth);
  await eventually(() => watchers.every(({ records }) => records.has(accountId)));
  // Hints and beats that come after it read nothing more.
  const beats = watchers[0]?.messages.length ?? 0;
  await eventually(() => (watchers[0]?.messages.length ?? 0) >= beats + 2);
  expect((await auth.metric(READINGS)) - before).toBe(1);
});

test("100 watchers that come at once do not wake each other a hundred times", async () => {
  const auth = await startAuth();
  const first = watchForTest(auth);
  await eventually(() => first.messages.length > 0);
  const startedAt = performance.now();
  const before = first.messages.length;
  const watchers = Array.from({ length: 100 }, () => watchForTest(auth));
  await eventually(() => watchers.every(({ messages }) => messages.length > 0));
  const beats = (performance.now() - startedAt) / 1_000;
  expect(first.messages.length - before).toBeLessThan(40 + beats);
});

test("many changes at once cost no more readings than changes", async () => {
  const auth = await startAuth();
  const accountId = await createTestAccount(auth);
  const watcher = watchForTest(auth);
  const before = await auth.metric(READINGS);
  await fewAtATime(40, () => createTestKey(auth, accountId));
  await eventually(() => expect(watcher.records.size).toBe(42));
  expect((await auth.metric(READINGS)) - before).toBeLessThanOrEqual(40);
});

test("changes of another auth process reach watchers by its hint, and without NATS with the next beat", async () => {
  const { mesh, ...auth } = await startAuth();
  const other = await startTestAuth(mesh);
  onTestFinished(() => other.close());
  const watcher = watchForTest(auth);
  const seen = (accountId: string) => eventually(() => watcher.records.has(accountId));
  await seen(await createTestAccount(other));
  const tookMs: number[] = [];
  for (let round = 0; round < 5; round++) {
    const startedAt = performance.now();
    await seen(await anotherAccount(other));
    tookMs.push(performance.now() - startedAt);
  }
  // A busy machine is slow now and then. Without hints each comes with the beat a second after the one before.
  expect(Math.min(...tookMs)).toBeLessThan(600);
  await mesh.nats.stop();
  await seen(await anotherAccount(other));
});

test("forged hints make auth read nothing, and reset nobody", async () => {
  const auth = await startAuth();
  await createTestAccount(auth);
  const watcher = watchForTest(auth);
  await eventually(() => watcher.records.size === 2);
  const before = await auth.metric(READINGS);
  for (let forged = 0; forged < 1_000; forged++) {
    const historyId = forged % 2 === 0 ? watcher.messages[0]?.historyId : "forged";
    const hint = { historyId: historyId ?? "", revision: 2n ** 64n - 1n - BigInt(forged) };
    auth.mesh.events.announce(CHANGE_COMMITTED, hint);
  }
  const accountId = await anotherAccount(auth);
  await eventually(() => watcher.records.has(accountId));
  const beats = watcher.messages.length;
  await eventually(() => watcher.messages.length >= beats + 2);
  expect((await auth.metric(READINGS)) - before).toBe(1);
  expect(watcher.messages.some(({ isReset }) => isReset)).toBe(false);
});

test("changes come in messages of 500 at most, and only those after the given revision", async () => {
  const auth = await startAuth();
  await createTestAccount(auth);
  await fillWithAccounts(auth.mesh.databaseUrl, 1008);
  const { historyId } = await readAll(auth);
  const all = await readAll(auth);
  expect(all.messageSizes).toEqual([500, 500, 10]);
  expect(all.changes.map((it) => it.revision)).toEqual(upTo(1010));
  expect(all.isReset).toBe(false);
  const late = await readAll(auth, { historyId, afterRevision: 1003n });
  expect(late.changes.map((it) => it.revision)).toEqual(upTo(1010).slice(1003));
  expect([late.completeThrough, late.isReset]).toEqual([1010n, false]);
});

test("without changes a message says at once how far the watcher holds, then one a second", async () => {
  const auth = await startAuth();
  expect(await readAll(auth)).toMatchObject({ changes: [], completeThrough: 0n, isReset: false });
  const startedAt = performance.now();
  const watcher = watchForTest(auth);
  await eventually(() => watcher.messages.length >= 1, { deadlineMs: 500 });
  await eventually(() => watcher.messages.length >= 4);
  const tookMs = performance.now() - startedAt;
  expect(tookMs).toBeGreaterThan(1_900);
  expect(tookMs).toBeLessThan(4_500);
  for (const message of watcher.messages) {
    expect(message).toMatchObject({ changes: [], completeThroughRevision: 0n, isReset: false });
  }
});

test.each([
  ["of another history", { historyId: "0".repeat(32), afterRevision: 1n }],
  ["of another history, and ahead", { historyId: "0".repeat(32), afterRevision: 2n ** 64n - 1n }],
  ["of a history that it does not name", { historyId: "", afterRevision: 1n }],
  ["of this history, and ahead", { historyId: "this", afterRevision: 3n }],
  ["of this history, and far ahead", { historyId: "this", afterRevision: 2n ** 63n }],
])("a watcher whose records are %s is reset and gets all records", async (_, held) => {
  const auth = await startAuth();
  await createTestAccount(auth);
  const truth = await readAll(auth);
  const historyId = held.historyId === "this" ? truth.historyId : held.historyId;
  expect(await readAll(auth, { ...held, historyId })).toEqual({ ...truth, isReset: true });
});

test("a watcher that another auth told more than this one knows yet is not reset", async () => {
  const { mesh, ...auth } = await startAuth();
  await mesh.nats.stop();
  const other = await startTestAuth(mesh);
  onTestFinished(() => other.close());
  for (let round = 0; round < 5; round++) {
    if (round === 0) await createTestAccount(other);
    else await anotherAccount(other);
    const { historyId, completeThrough: afterRevision } = await readAll(other);
    const there = await readAll(auth, { historyId, afterRevision });
    expect(there).toMatchObject({ isReset: false, changes: [] });
  }
});

test("a watcher that is slow gets what stands when it reads, not what happened meanwhile", async () => {
  const auth = await startAuth();
  const accountId = await createTestAccount(auth);
  const before = (await readAll(auth)).completeThrough;
  // A reader that takes its first message only.
  const options = { deadlineMs: Number.POSITIVE_INFINITY };
  const from = { historyId: "", afterRevision: 0n };
  const slow = auth.directory.watchChanges(from, options)[Symbol.asyncIterator]();
  onTestFinished(() => void slow.return?.());
  await slow.next();
  // Fills every buffer on the way to it.
  await fillWithAccounts(auth.mesh.databaseUrl, 30_000);
  await readAll(auth);
  const made = [];
  for (let more = 0; more < 5; more++) made.push(await createTestKey(auth, accountId));
  await readAll(auth);
  for (const { key } of made)
    await auth.client.revokeKey({ ...AS_IT_IS, accountId, keyId: key.keyId });

  const truth = await readAll(auth);
  const seen = [];
  for (let through = before; through < truth.completeThrough; ) {
    const { value } = await slow.next();
    seen.push(...value.changes);
    through = value.completeThroughRevision ?? through;
  }
  expect(seen).toEqual(truth.changes.filter(({ revision }) => revision > before));
}, 60_000);

test("a watcher that stops has few pages on their way to it, however much there is", async () => {
  const auth = await startAuth();
  await createTestAccount(auth);
  await fillWithAccounts(auth.mesh.databaseUrl, 50_000);
  await readAll(auth);
  const pages = vi.spyOn(ChangeLog.prototype, "pageAfter");
  onTestFinished(() => pages.mockRestore());
  await readAll(auth);
  const ofOne = pages.mock.calls.length;
  const from = { historyId: "", afterRevision: 0n };
  const options = { deadlineMs: Number.POSITIVE_INFINITY };
  const stopped = auth.directory.watchChanges(from, options)[Symbol.asyncIterator]();
  onTestFinished(() => void stopped.return?.());
  pages.mockClear();
  await stopped.next();
  // While another one reads all, the one that stopped would have all too if nothing held it up.
  await readAll(auth);
  expect(ofOne).toBeGreaterThan(100);
  const ofStopped = pages.mock.calls.length - ofOne;
  expect(ofStopped).toBeLessThan(60);
}, 60_000);

/** Creates keys and revokes every second one, a few at a time. */
async function churn(auth: TestAuth, accountId: string): Promise<void> {
  await fewAtATime(60, async (index) => {
    const { key } = await createTestKey(auth, accountId);
    if (index % 2 === 0) await auth.client.revokeKey({ ...AS_IT_IS, accountId, keyId: key.keyId });
  });
}

test("a watcher ends with what the database holds, whenever it begins", async () => {
  const auth = await startAuth();
  const accountId = await createTestAccount(auth);
  const watchers = [];
  let isOver = false;
  const churning = churn(auth, accountId).finally(() => {
    isOver = true;
  });
  do {
    const watcher = watchForTest(auth);
    watchers.push(watcher);
    await eventually(() => watcher.messages.length > 0);
  } while (!isOver);
  await churning;
  const truth = newestByRecord((await readAll(auth)).changes);
  expect(watchers.length).toBeGreaterThan(1);
  for (const { records } of watchers) await eventually(() => expect(records).toEqual(truth));
});

test("watchers that leave are forgotten", async () => {
  const auth = await startAuth();
  for (let watcher = 0; watcher < 10; watcher++) {
    for await (const _ of auth.directory.watchChanges({ historyId: "", afterRevision: 0n })) break;
  }
  await eventually(async () => (await auth.metric("auth_directory_watchers")) === 0);
});

test("an auth that closes ends its watches in order", async () => {
  const auth = await startAuth();
  const watcher = watchForTest(auth);
  await eventually(() => watcher.messages.length > 0);
  const startedAt = performance.now();
  await auth.stopServing();
  await watcher.ended;
  expect(performance.now() - startedAt).toBeLessThan(4_000);
});

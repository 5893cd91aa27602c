import { createLog } from "@geomesh/runtime/log";
import { startCuttableProxy } from "@geomesh/testing/cuttable-proxy";
import { eventually } from "@geomesh/testing/eventually";
import { postgresSessionForTest } from "@geomesh/testing/postgres-session";
import { expect, onTestFinished, test } from "vitest";
import { watchForTest } from "./testing/follower.ts";
import { createTestAccount, createTestKey, FIRST_PAGE, KEY } from "./testing/records.ts";
import { startTestAuth, startTestMesh } from "./testing/start-test-auth.ts";

/** As pino numbers them. */
const WARN = 40;
const DEADLINE = { deadlineMs: 30_000 };
const UNAVAILABLE = { kind: "unavailable" };

async function startAuth() {
  const mesh = await startTestMesh();
  onTestFinished(() => mesh.close());
  const proxy = await startCuttableProxy(mesh.databaseUrl);
  onTestFinished(() => proxy.close());
  const lines: { level: number; msg: string }[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line));
  const log = createLog({ service: "auth", destination: { write } });
  const auth = await startTestAuth(mesh, { databaseUrl: proxy.url }, { log });
  onTestFinished(() => auth.close());
  const isReady = async () => (await fetch(`${auth.opsUrl}/readyz`)).ok;
  return { mesh, proxy, auth, lines, isReady };
}

test("a database that is unavailable for a while, under calls, is one line when it goes and one when it is back", async () => {
  const { proxy, auth, lines, isReady } = await startAuth();
  const accountId = await createTestAccount(auth);
  const failuresBefore = await auth.metric("database_failures_total");
  proxy.cut();
  const calls = Array.from({ length: 20 }, () => createTestKey(auth, accountId));
  for (const { status, ...rest } of await Promise.allSettled(calls)) {
    expect([status, rest]).toMatchObject(["rejected", { reason: UNAVAILABLE }]);
  }
  await eventually(async () => !(await isReady()), DEADLINE);
  await expect(auth.client.listPlans(FIRST_PAGE)).rejects.toMatchObject(UNAVAILABLE);
  proxy.mend();
  await eventually(isReady, DEADLINE);
  await createTestKey(auth, accountId);
  const told = lines.filter(({ level, msg }) => level >= WARN || msg.includes("database"));
  // Readiness has lines of its own, one each way.
  expect(told.map(({ msg }) => msg)).toEqual([
    "the database does not answer",
    "no longer ready",
    "the database answers again",
  ]);
  expect(await auth.metric("database_failures_total")).toBeGreaterThan(failuresBefore + 10);
}, 90_000);

test("an auth whose changes all wait for a lock is ready, answers who follows it, and tells callers to come again", async () => {
  const { mesh, auth, lines, isReady } = await startAuth();
  const accountId = await createTestAccount(auth);
  const { messages } = watchForTest(auth);
  const holder = await postgresSessionForTest(mesh.databaseUrl);
  await holder.run("SET idle_in_transaction_session_timeout = 0");
  await holder.run("BEGIN");
  await holder.run("SELECT FROM revision_counter FOR UPDATE");
  const options = { deadlineMs: 60_000 };
  const calls = Array.from({ length: 60 }, () =>
    auth.client.createKey({ accountId, key: KEY }, options),
  );
  const settled = Promise.allSettled(calls);
  let [polls, isWaiting] = [0, true];
  void settled.then(() => {
    isWaiting = false;
  });
  while (isWaiting) {
    expect(await isReady()).toBe(true);
    const before = messages.length;
    await eventually(() => messages.length > before, DEADLINE);
    polls += 1;
  }
  expect(polls).toBeGreaterThan(1);
  for (const outcome of await settled) {
    expect(outcome).toMatchObject({
      status: "rejected",
      reason: { ...UNAVAILABLE, reason: "DATABASE_UNAVAILABLE", retryAfterMs: 1_000 },
    });
  }
  await holder.run("COMMIT");
  await createTestKey(auth, accountId);
  expect(lines.filter(({ level }) => level >= WARN)).toEqual([]);
}, 90_000);

import { eventually } from "@geomesh/testing/eventually";
import { postgresSessionForTest } from "@geomesh/testing/postgres-session";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { readAll } from "../testing/follower.ts";
import { openAuthDatabase } from "../testing/open-auth-database.ts";
import { anotherAccount, createTestAccount, createTestKey } from "../testing/records.ts";
import { startTestAuth, startTestMesh, type TestMesh } from "../testing/start-test-auth.ts";
import { makeTwoRoles } from "../testing/two-roles.ts";
import {
  type RemoveSome,
  removeAuditEvents,
  removeIdempotencyRecords,
  removeKeys,
  removeUnpublished,
} from "./retention.ts";
import type { AuthDatabase } from "./schema.ts";

const DAY_MS = 86_400_000;
const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS);

let mesh: TestMesh;
beforeEach(async () => {
  mesh = await startTestMesh();
});
afterEach(() => mesh.close());

async function databaseForTest(url = mesh.databaseUrl, ownerUrl = ""): Promise<AuthDatabase> {
  const { db, close } = await openAuthDatabase(url, ownerUrl);
  onTestFinished(close);
  return db;
}

async function startAuth(overrides: Parameters<typeof startTestAuth>[1] = {}) {
  const auth = await startTestAuth(mesh, overrides);
  onTestFinished(() => auth.close());
  return auth;
}

/** Removes until nothing is left, and answers how many rows each transaction removed. */
async function removeAll(remove: RemoveSome, db: AuthDatabase, before: Date): Promise<number[]> {
  const counts: number[] = [];
  for (;;) {
    const count = (await remove(db, before, 1_000)) ?? -1;
    if (count <= 0) return counts;
    counts.push(count);
  }
}

test("old audit events go by 1,000 through the owner's function alone, which keeps those of 30 days", async () => {
  const { ownerUrl, serviceUrl } = await makeTwoRoles(mesh.databaseUrl);
  const db = await databaseForTest(serviceUrl, ownerUrl);
  const superuser = await postgresSessionForTest(mesh.databaseUrl);
  await superuser.run(`
    INSERT INTO audit_events (event_time, action, actor_kind, actor_account_id, actor_key_id,
      client_address, request_id, account_id, resource_id, resource_after)
    SELECT now() - days * interval '1 day', 'X', 'SYSTEM', '', '', '', '', '', '', '\\x00'
    FROM (SELECT 500 AS days FROM generate_series(1, 1200) UNION ALL VALUES (399), (29), (0)) AS ages`);
  expect(await removeAll(removeAuditEvents, db, daysAgo(400))).toEqual([1_000, 200]);
  await expect(removeAuditEvents(db, daysAgo(29), 1_000)).rejects.toThrow("30 days at least");
  const session = await postgresSessionForTest(serviceUrl);
  await expect(session.run("DELETE FROM audit_events")).rejects.toThrow("permission denied");
  const stranger = "CREATE OR REPLACE FUNCTION remove_audit_events(timestamptz, integer)";
  const replacing = session.run(`${stranger} RETURNS integer LANGUAGE sql AS 'SELECT 1'`);
  await expect(replacing).rejects.toThrow(/permission denied|must be owner/);
  expect(await removeAll(removeAuditEvents, db, daysAgo(31))).toEqual([1]);
  const { rows } = await session.run("SELECT count(*)::int AS count FROM audit_events");
  expect(rows).toEqual([{ count: 2 }]);
});

test("changes that were never published go by their age, in their order, and followers hold the records all the same", async () => {
  await mesh.nats.stop();
  const auth = await startAuth();
  const accountId = await createTestAccount(auth);
  const db = await databaseForTest();
  await db
    .updateTable("outbox")
    .set({ commit_time: daysAgo(8) })
    .execute();
  await anotherAccount(auth);
  expect(await removeAll(removeUnpublished, db, daysAgo(7))).toEqual([2]);
  const left = await db.selectFrom("outbox").select("revision").execute();
  expect(left).toEqual([{ revision: 3n }]);
  const { changes } = await readAll(auth);
  expect(changes.map(({ record }) => record?.$case)).toEqual(["plan", "account", "account"]);
  expect(changes[1]?.record?.value).toMatchObject({ accountId });
});

test("keys go when they were revoked or have expired for long; valid ones and those that were given stay", async () => {
  const auth = await startAuth();
  const accountId = await createTestAccount(auth);
  const keys = await Promise.all(Array.from({ length: 6 }, () => createTestKey(auth, accountId)));
  const [revoked, recent, expired, given, inForce, expiring] = keys.map(({ key }) => key.keyId);
  const db = await databaseForTest();
  for (const keyId of [revoked, recent, given]) {
    await auth.client.revokeKey({ accountId, keyId: keyId ?? "", etag: "", wait: undefined });
  }
  const change = (keyId: string | undefined, values: { revoke_time?: Date; expire_time?: Date }) =>
    db
      .updateTable("keys")
      .set(values)
      .where("key_id", "=", keyId ?? "")
      .execute();
  await change(revoked, { revoke_time: daysAgo(91) });
  await change(recent, { revoke_time: daysAgo(89) });
  await change(expired, { expire_time: daysAgo(91) });
  await change(expiring, { expire_time: daysAgo(1) });
  await change(given, { revoke_time: daysAgo(1_000) });
  await db
    .updateTable("keys")
    .set({ is_given: true })
    .where("key_id", "=", given ?? "")
    .execute();
  expect(await removeAll(removeKeys, db, daysAgo(90))).toEqual([2]);
  const left = await db.selectFrom("keys").select("key_id").execute();
  const ids = left.map(({ key_id }) => key_id).toSorted();
  expect(ids).toEqual([recent, given, inForce, expiring].toSorted());
  const events = await db.selectFrom("audit_events").selectAll().execute();
  expect(events.filter(({ resource_id }) => resource_id === revoked)).toHaveLength(2);
});

test("a follower that may take a removed key for a valid one is reset, others go on", async () => {
  const auth = await startAuth();
  const accountId = await createTestAccount(auth);
  const { key } = await createTestKey(auth, accountId);
  const held = await readAll(auth);
  await auth.client.revokeKey({ accountId, keyId: key.keyId, etag: "", wait: undefined });
  const told = await readAll(auth);
  await anotherAccount(auth);
  const db = await databaseForTest();
  expect(await removeKeys(db, daysAgo(-1), 1_000)).toBe(1);

  const later = await startAuth();
  const { historyId } = held;
  const from = (afterRevision: bigint) => readAll(later, { historyId, afterRevision });
  const behind = await from(held.completeThrough);
  expect(behind.isReset).toBe(true);
  const cases = behind.changes.map(({ record }) => record?.$case);
  expect(cases).toEqual(["plan", "account", "account"]);
  const upToDate = await from(told.completeThrough);
  expect([upToDate.isReset, upToDate.changes.length]).toEqual([false, 1]);
  expect((await readAll(later)).isReset).toBe(false);
  // The one that has the revoked key in memory still tells it.
  const first = await readAll(auth, { historyId, afterRevision: held.completeThrough });
  expect(first.isReset).toBe(false);
  expect(first.changes.some(({ record }) => record?.$case === "key")).toBe(true);
});

test("one process removes rows at a time, and another does not wait for it", async () => {
  const db = await databaseForTest();
  const session = await postgresSessionForTest(mesh.databaseUrl);
  await session.run("BEGIN");
  await session.run("SELECT pg_advisory_xact_lock(7203145003)");
  for (const remove of [removeAuditEvents, removeUnpublished, removeKeys]) {
    expect(await remove(db, daysAgo(400), 1_000)).toBeUndefined();
  }
  await session.run("COMMIT");
  expect(await removeKeys(db, daysAgo(400), 1_000)).toBe(0);
});

test("auth removes what is old by its settings, and counts it", async () => {
  await mesh.nats.stop();
  const first = await startAuth();
  const accountId = await createTestAccount(first);
  const { key } = await createTestKey(first, accountId);
  await first.client.revokeKey({ accountId, keyId: key.keyId, etag: "", wait: undefined });
  const db = await databaseForTest();
  await db
    .updateTable("keys")
    .set({ revoke_time: daysAgo(6) })
    .execute();
  await db
    .updateTable("outbox")
    .set({ commit_time: daysAgo(8) })
    .execute();
  const auth = await startAuth({ keyRetentionDays: 5 });
  await eventually(async () => {
    const page = await (await fetch(`${auth.opsUrl}/metrics`)).text();
    expect(page).toMatch(/^auth_removed_rows_total\{.*table="keys".*\} 1$/m);
    expect(page).toMatch(/^auth_removed_rows_total\{.*table="outbox".*\} 4$/m);
  });
  const gone = auth.client.getKey({ accountId, keyId: key.keyId });
  await expect(gone).rejects.toMatchObject({ reason: "KEY_NOT_FOUND" });
});

test("records of requests that may be sent again go by 1,000, the oldest first, and younger ones stay", async () => {
  const db = await databaseForTest();
  const session = await postgresSessionForTest(mesh.databaseUrl);
  await session.run(`
    INSERT INTO idempotency_records
    SELECT 'acct', 'rpc', sha256(n::text::bytea), sha256(''), '', false, now() - n * interval '1 minute'
    FROM generate_series(1, 3000) n`);
  const before = daysAgo(1);
  expect(await removeIdempotencyRecords(db, before, 10)).toBe(10);
  const oldest = await session.run(`
    SELECT round(extract(epoch FROM now() - min(create_time)) / 60)::int AS minutes FROM idempotency_records`);
  expect(oldest.rows[0]).toEqual({ minutes: 2_990 });
  // 1,440 are of the last 24 hours, as nearly as the minute goes.
  const counts = await removeAll(removeIdempotencyRecords, db, before);
  expect(counts[0]).toBe(1_000);
  const { rows } = await session.run("SELECT count(*)::int AS count FROM idempotency_records");
  expect(Math.abs((rows[0]?.["count"] as number) - 1_440)).toBeLessThanOrEqual(1);
});

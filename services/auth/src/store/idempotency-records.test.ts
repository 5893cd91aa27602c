import { startTestPostgres } from "@geomesh/testing/postgres";
import { sql } from "kysely";
import { expect, onTestFinished, test } from "vitest";
import { openAuthDatabase } from "../testing/open-auth-database.ts";
import { RECORD_MS, removeOldRecords } from "./idempotency-records.ts";

test("old records are removed so many at a time, the oldest first, and no others", async () => {
  const postgres = await startTestPostgres();
  const { db, close } = await openAuthDatabase(await postgres.createDatabase());
  onTestFinished(async () => {
    await close();
    await postgres.stop();
  });
  const now = new Date("2026-11-30T12:00:00Z");
  const oldest = new Date(now.getTime() - RECORD_MS - 24_000);
  // One a second: 25 of 30 are 24 hours old.
  await sql`
    INSERT INTO idempotency_records
    SELECT 'acct', 'rpc', sha256(n::text::bytea), sha256(''), '', false,
      ${oldest}::timestamptz + n * interval '1 second'
    FROM generate_series(0, 29) n`.execute(db);
  const left = async () => {
    const query = db.selectFrom("idempotency_records").select("create_time").orderBy("create_time");
    return (await query.execute()).map(({ create_time }) => create_time.getTime());
  };
  expect(await removeOldRecords(db, now, 10)).toBe(10);
  expect((await left())[0]).toBe(oldest.getTime() + 10_000);
  expect(await removeOldRecords(db, now, 10)).toBe(10);
  expect(await removeOldRecords(db, now, 10)).toBe(5);
  expect(await removeOldRecords(db, now, 10)).toBe(0);
  expect(await left()).toHaveLength(5);
});

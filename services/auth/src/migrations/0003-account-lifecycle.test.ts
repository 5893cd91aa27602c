import { createLog } from "@geomesh/runtime/log";
import { openDatabase } from "@geomesh/runtime/sql/database";
import { startTestPostgres } from "@geomesh/testing/postgres";
import { sql } from "kysely";
import { expect, onTestFinished, test } from "vitest";
import { listAccounts } from "../store/accounts.ts";
import { listPlanAssignments } from "../store/plan-assignments.ts";
import type { AuthSchema } from "../store/schema.ts";
import { openAuthDatabase } from "../testing/open-auth-database.ts";
import { MIGRATIONS } from "./migrations.ts";

const BEFORE = Object.fromEntries(Object.entries(MIGRATIONS).filter(([name]) => name < "0003"));
const ALL = { externalId: undefined, planId: undefined, state: undefined };

test("accounts of before keep their plan since they exist, and of an external_id twice nothing is lost", async () => {
  const postgres = await startTestPostgres();
  onTestFinished(() => postgres.stop());
  const url = await postgres.createDatabase();
  const log = createLog({ service: "auth", level: "silent" });
  const options = { url, migrations: BEFORE, statementTimeoutMs: 5_000, log };
  const old = await openDatabase<AuthSchema>(options);
  await sql`
    INSERT INTO plans VALUES ('starter', 'Starter', 1, 'HARD', 1, 1, 1, 1, 1, 1, 1, 1, 1)`.execute(
    old.db,
  );
  await sql`
    INSERT INTO accounts
    SELECT 'acct_' || id, id, 'starter', 'ACTIVE', reference, at, at, revision
    FROM (VALUES
      ('c', 'C-1', timestamptz '2026-01-01', 2), ('a', 'C-1', timestamptz '2026-01-02', 3),
      ('b', NULL, timestamptz '2026-01-03', 4), ('d', 'C-2', timestamptz '2026-01-04', 5)
    ) AS account (id, reference, at, revision)`.execute(old.db);
  await old.close();

  const { db, close } = await openAuthDatabase(url);
  onTestFinished(close);
  const accounts = await listAccounts(db, ALL, { afterId: "", limit: 10 });
  expect(accounts.map((it) => [it.accountId, it.externalId, it.metadata])).toEqual([
    ["acct_a", undefined, { former_external_id: "C-1" }],
    ["acct_b", undefined, {}],
    ["acct_c", "C-1", {}],
    ["acct_d", "C-2", {}],
  ]);
  for (const { accountId, createTime: startTime } of accounts) {
    const [first, ...more] = await listPlanAssignments(db, accountId, {
      afterNumber: 0n,
      limit: 9,
    });
    expect(first?.assignment).toEqual({ planId: "starter", startTime, endTime: undefined });
    expect(more).toEqual([]);
  }
});

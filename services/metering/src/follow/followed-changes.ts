import type { Account, Plan } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { Plan_QuotaMode } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import type { Change } from "@geomesh/proto/grpc/geomesh/auth/v1/change";
import { sql } from "kysely";
import type { MeteringDatabase, MeteringTransaction } from "../ledger/schema.ts";

/** The newest revision of auth that is held here with all before it. */
export async function readRevision(db: MeteringDatabase): Promise<bigint> {
  const row = await db.selectFrom("followed_revision").select("revision").executeTakeFirstOrThrow();
  return row.revision;
}

/** Says that everything up to this revision is held. */
export async function completeThrough(db: MeteringDatabase, revision: bigint): Promise<void> {
  await sql`UPDATE followed_revision SET revision = greatest(revision, ${revision})`.execute(db);
}

/** Holds nothing any more, as before the first change. */
export async function forgetAll(db: MeteringDatabase): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await trx.updateTable("followed_revision").set({ revision: 0n }).execute();
    await trx.deleteFrom("accounts").execute();
    await trx.deleteFrom("plans").execute();
  });
}

/** Applies the change after the newest one held; any other one changes nothing and answers false. */
export function applyNext(db: MeteringDatabase, change: Change): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const moved = await trx
      .updateTable("followed_revision")
      .set({ revision: change.revision })
      .where("revision", "=", change.revision - 1n)
      .executeTakeFirst();
    if (moved.numUpdatedRows === 0n) return false;
    await applyRecord(trx, change);
    return true;
  });
}

/** Applies changes in any order; a record that is held in a newer revision stays. */
export async function applyAll(db: MeteringDatabase, changes: readonly Change[]): Promise<void> {
  await db.transaction().execute(async (trx) => {
    for (const change of changes) await applyRecord(trx, change);
  });
}

async function applyRecord(trx: MeteringTransaction, { revision, record }: Change): Promise<void> {
  if (record?.$case === "account") await saveAccount(trx, record.value, revision);
  if (record?.$case === "plan") await savePlan(trx, record.value, revision);
}

async function saveAccount(
  trx: MeteringTransaction,
  account: Account,
  revision: bigint,
): Promise<void> {
  const values = { plan_id: account.planId, revision };
  await trx
    .insertInto("accounts")
    .values({ account_id: account.accountId, ...values })
    .onConflict((conflict) =>
      conflict.column("account_id").doUpdateSet(values).where("accounts.revision", "<", revision),
    )
    .execute();
}

async function savePlan(trx: MeteringTransaction, plan: Plan, revision: bigint): Promise<void> {
  const values = {
    monthly_quota: plan.monthlyQuota,
    quota_mode: plan.quotaMode === Plan_QuotaMode.SOFT ? ("SOFT" as const) : ("HARD" as const),
    revision,
  };
  await trx
    .insertInto("plans")
    .values({ plan_id: plan.planId, ...values })
    .onConflict((conflict) =>
      conflict.column("plan_id").doUpdateSet(values).where("plans.revision", "<", revision),
    )
    .execute();
}

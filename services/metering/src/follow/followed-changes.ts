import type { Account, Plan } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import type { Change } from "@geomesh/proto/grpc/geomesh/auth/v1/change";
import { QuotaMode } from "@geomesh/proto/grpc/geomesh/common/v1/quota_mode";
import type { MeteringDatabase, MeteringTransaction } from "../ledger/schema.ts";

/** The newest revision of auth up to which every change is applied here. */
export async function readRevision(db: MeteringDatabase): Promise<bigint> {
  const row = await db.selectFrom("followed_revision").select("revision").executeTakeFirstOrThrow();
  return row.revision;
}

/**
 * Records that everything through `revision` is held, given that everything through `from` was. The revision held never
 * moves back, and does not move when another process has dropped everything meanwhile.
 */
export async function completeThrough(
  db: MeteringDatabase,
  revision: bigint,
  from: bigint,
): Promise<void> {
  await db
    .updateTable("followed_revision")
    .set({ revision })
    .where("revision", ">=", from)
    .where("revision", "<", revision)
    .execute();
}

/** Drops everything, as before the first change. */
export async function forgetAll(db: MeteringDatabase): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await trx.updateTable("followed_revision").set({ revision: 0n }).execute();
    await trx.deleteFrom("accounts").execute();
    await trx.deleteFrom("plans").execute();
  });
}

/** Applies changes of accounts and plans in any order. A record that is held in a newer revision stays. */
export async function applyAll(db: MeteringDatabase, changes: readonly Change[]): Promise<void> {
  if (changes.every(({ record }) => record?.$case === "key")) return;
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
    quota_mode: plan.quotaMode === QuotaMode.SOFT ? ("SOFT" as const) : ("HARD" as const),
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

import type { Plan } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { QuotaMode } from "@geomesh/proto/grpc/geomesh/common/v1/quota_mode";
import type { Rate } from "@geomesh/proto/grpc/geomesh/common/v1/rate";
import { etagOf } from "./etag.ts";
import { rateColumns, rateOf } from "./rates.ts";
import type { AuthDatabase, PlanRow } from "./schema.ts";
import type { Changes } from "./write.ts";

/** What an operator sets of a plan. */
export interface PlanContent
  extends Pick<Plan, "name" | "quotaMode" | "accountRate" | "batchSizeMax" | "keysMax"> {
  /** In the order of the alphabet; none means all. */
  readonly fieldGroups: string[];
  readonly monthlyQuota: bigint;
  readonly keyRate: Rate;
}

/** What a new plan is made of. */
export interface NewPlan extends PlanContent {
  readonly planId: string;
}

/**
 * Stores a plan, its rates with their defaults filled in: an account's is that of one key. Its id must be new, or that of a
 * deleted plan, whose place it takes.
 */
export function insertPlan(changes: Changes, plan: NewPlan): Promise<Plan> {
  return changes.add(undefined, async (revision) => {
    const columns = { ...columnsOf(plan), delete_time: null, revision };
    const row: PlanRow = { plan_id: plan.planId, ...columns };
    await changes.trx
      .insertInto("plans")
      .values(row)
      .onConflict((conflict) => conflict.column("plan_id").doUpdateSet(columns))
      .execute();
    const after = toPlan(row);
    await changes.audit({ kind: "plan", after });
    return after;
  });
}

/** Gives a plan another content. */
export async function updatePlan(
  changes: Changes,
  before: Plan,
  content: PlanContent,
): Promise<Plan> {
  return changes.add(undefined, async (revision) => {
    const after = toPlan(await storeColumns(changes, before, { ...columnsOf(content), revision }));
    await changes.audit({ kind: "plan", before, after });
    return after;
  });
}

/** Deletes a plan that no open account has. The row stays, so that slow followers hear of it. */
export async function deletePlan(changes: Changes, before: Plan): Promise<void> {
  await changes.add(undefined, async (revision) => {
    await storeColumns(changes, before, { delete_time: changes.commitTime, revision });
    await changes.audit({ kind: "plan", before });
  });
}

function storeColumns(
  { trx }: Changes,
  { planId }: Plan,
  columns: Partial<PlanRow>,
): Promise<PlanRow> {
  const update = trx.updateTable("plans").set(columns).where("plan_id", "=", planId);
  return update.returningAll().executeTakeFirstOrThrow();
}

function columnsOf(plan: PlanContent) {
  return {
    name: plan.name,
    monthly_quota: plan.monthlyQuota,
    quota_mode: modeName(plan.quotaMode),
    ...rateColumns("key_rate", plan.keyRate),
    ...rateColumns("account_rate", plan.accountRate ?? plan.keyRate),
    batch_size_max: plan.batchSizeMax,
    keys_max: plan.keysMax,
    field_groups: plan.fieldGroups,
  };
}

/** True where an account that is not closed has the plan. */
export async function isPlanInUse(db: AuthDatabase, planId: string): Promise<boolean> {
  const query = db.selectFrom("accounts").select("account_id").where("plan_id", "=", planId);
  const row = await query.where("state", "<>", "CLOSED").limit(1).executeTakeFirst();
  return row !== undefined;
}

/** The plan; undefined when there is none, or it is deleted. */
export async function findPlan(db: AuthDatabase, planId: string): Promise<Plan | undefined> {
  const query = db.selectFrom("plans").selectAll().where("plan_id", "=", planId);
  const row = await query.where("delete_time", "is", null).executeTakeFirst();
  return row && toPlan(row);
}

/** At most `limit` plans after an id, by id. */
export async function listPlans(db: AuthDatabase, afterId: string, limit: number): Promise<Plan[]> {
  const query = db.selectFrom("plans").selectAll().where("plan_id", ">", afterId);
  const page = query.where("delete_time", "is", null).orderBy("plan_id").limit(limit);
  return (await page.execute()).map(toPlan);
}

/** A row as the contract says it. */
export function toPlan(row: PlanRow): Plan {
  return {
    planId: row.plan_id,
    name: row.name,
    monthlyQuota: row.monthly_quota,
    quotaMode: QuotaMode[row.quota_mode],
    keyRate: rateOf("key_rate", row),
    accountRate: rateOf("account_rate", row),
    batchSizeMax: row.batch_size_max,
    keysMax: row.keys_max,
    fieldGroups: row.field_groups,
    etag: etagOf(row),
  };
}

function modeName(mode: QuotaMode): PlanRow["quota_mode"] {
  return mode === QuotaMode.SOFT ? "SOFT" : "HARD";
}

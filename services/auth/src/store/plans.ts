import { type Plan, Plan_QuotaMode } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { etagOf } from "./etag.ts";
import type { AuthDatabase, PlanRow } from "./schema.ts";
import type { Changes } from "./write.ts";

/** What a new plan is made of. */
export type NewPlan = Omit<Plan, "etag">;

/** Stores a plan. Its id must be new. */
export function insertPlan(changes: Changes, plan: NewPlan): Promise<Plan> {
  return changes.add(async (revision) => {
    const row: PlanRow = {
      plan_id: plan.planId,
      name: plan.name,
      monthly_quota: plan.monthlyQuota,
      quota_mode: modeName(plan.quotaMode),
      rate_per_second: plan.ratePerSecond,
      burst: plan.burst,
      batch_size_max: plan.batchSizeMax,
      revision,
    };
    await changes.trx.insertInto("plans").values(row).execute();
    return { $case: "plan", value: toPlan(row) };
  });
}

/** The plan; undefined when there is none. */
export async function findPlan(db: AuthDatabase, planId: string): Promise<Plan | undefined> {
  const query = db.selectFrom("plans").selectAll().where("plan_id", "=", planId);
  const row = await query.executeTakeFirst();
  return row && toPlan(row);
}

/** At most `limit` plans after an id, by id. */
export async function listPlans(db: AuthDatabase, afterId: string, limit: number): Promise<Plan[]> {
  const query = db.selectFrom("plans").selectAll().where("plan_id", ">", afterId);
  return (await query.orderBy("plan_id").limit(limit).execute()).map(toPlan);
}

/** A row as the contract says it. */
export function toPlan(row: PlanRow): Plan {
  return {
    planId: row.plan_id,
    name: row.name,
    monthlyQuota: row.monthly_quota,
    quotaMode: Plan_QuotaMode[row.quota_mode],
    ratePerSecond: row.rate_per_second,
    burst: row.burst,
    batchSizeMax: row.batch_size_max,
    etag: etagOf(row),
  };
}

function modeName(mode: Plan_QuotaMode): PlanRow["quota_mode"] {
  return mode === Plan_QuotaMode.SOFT ? "SOFT" : "HARD";
}

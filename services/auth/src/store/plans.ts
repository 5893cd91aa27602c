import type { Plan } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { QuotaMode } from "@geomesh/proto/grpc/geomesh/common/v1/quota_mode";
import type { Rate } from "@geomesh/proto/grpc/geomesh/common/v1/rate";
import { etagOf } from "./etag.ts";
import { rateColumns, rateOf } from "./rates.ts";
import type { AuthDatabase, PlanRow } from "./schema.ts";
import type { Changes } from "./write.ts";

/** What a new plan is made of. */
export interface NewPlan
  extends Pick<Plan, "planId" | "name" | "quotaMode" | "accountRate" | "batchSizeMax" | "keysMax"> {
  readonly monthlyQuota: bigint;
  readonly keyRate: Rate;
}

/** Stores a plan, its rates with their defaults filled in: an account's is that of one key. Its id must be new. */
export function insertPlan(changes: Changes, plan: NewPlan): Promise<Plan> {
  return changes.add(undefined, async (revision) => {
    const row: PlanRow = {
      plan_id: plan.planId,
      name: plan.name,
      monthly_quota: plan.monthlyQuota,
      quota_mode: modeName(plan.quotaMode),
      ...rateColumns("key_rate", plan.keyRate),
      ...rateColumns("account_rate", plan.accountRate ?? plan.keyRate),
      batch_size_max: plan.batchSizeMax,
      keys_max: plan.keysMax,
      revision,
    };
    await changes.trx.insertInto("plans").values(row).execute();
    const after = toPlan(row);
    await changes.audit({ kind: "plan", after });
    return after;
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
    quotaMode: QuotaMode[row.quota_mode],
    keyRate: rateOf("key_rate", row),
    accountRate: rateOf("account_rate", row),
    batchSizeMax: row.batch_size_max,
    keysMax: row.keys_max,
    etag: etagOf(row),
  };
}

function modeName(mode: QuotaMode): PlanRow["quota_mode"] {
  return mode === QuotaMode.SOFT ? "SOFT" : "HARD";
}

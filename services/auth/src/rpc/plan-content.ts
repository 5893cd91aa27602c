import { isDeepStrictEqual } from "node:util";
import type { Plan } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { type PlanContent, updatePlan } from "../store/plans.ts";
import { fullRate } from "../store/rates.ts";
import type { Changes } from "../store/write.ts";
import { requireField } from "./checks.ts";

const BATCH_SIZE_DEFAULT = 1_000;
const KEYS_DEFAULT = 100;

/** What an operator sets of a plan, with the defaults filled in. Errors: INVALID_ARGUMENT for a required field that is unset. */
export function planContentOf(plan: Plan): PlanContent {
  const keyRate = requireField("plan.key_rate", plan.keyRate);
  return {
    name: plan.name,
    monthlyQuota: requireField("plan.monthly_quota", plan.monthlyQuota),
    quotaMode: plan.quotaMode,
    keyRate: fullRate(keyRate),
    accountRate: fullRate(plan.accountRate ?? keyRate),
    batchSizeMax: plan.batchSizeMax || BATCH_SIZE_DEFAULT,
    keysMax: plan.keysMax || KEYS_DEFAULT,
    fieldGroups: plan.fieldGroups.toSorted(),
  };
}

/** Gives a plan another content; the same content changes nothing. */
export async function changePlan(
  changes: Changes,
  before: Plan,
  content: PlanContent,
): Promise<Plan> {
  if (isDeepStrictEqual(content, planContentOf(before))) return before;
  return updatePlan(changes, before, content);
}

import type { Plan } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { AppError } from "@geomesh/runtime/errors";
import { isPlanId } from "../store/ids.ts";
import { findPlan } from "../store/plans.ts";
import type { AuthDatabase } from "../store/schema.ts";

/** Reads a plan. Errors: PLAN_NOT_FOUND, also for a malformed id and for a deleted plan. */
export async function requirePlan(db: AuthDatabase, planId: string): Promise<Plan> {
  const plan = isPlanId(planId) ? await findPlan(db, planId) : undefined;
  if (plan === undefined) throw new AppError("PLAN_NOT_FOUND");
  return plan;
}

import { AppError } from "@geomesh/runtime/errors";
import { isPlanId } from "../store/ids.ts";
import { findPlan } from "../store/plans.ts";
import type { AuthDeps, AuthHandlers } from "./contract.ts";

/** Reads a plan. */
export function getPlan({ db }: AuthDeps): AuthHandlers["getPlan"] {
  return async ({ planId }) => {
    const plan = isPlanId(planId) ? await findPlan(db, planId) : undefined;
    if (plan === undefined) throw new AppError("PLAN_NOT_FOUND");
    return { plan };
  };
}

import { AppError } from "@geomesh/runtime/errors";
import { isPlanId } from "../store/ids.ts";
import { findPlan } from "../store/plans.ts";
import type { AuthDeps, AuthHandlers } from "./contract.ts";

export function getPlan({ db }: AuthDeps): AuthHandlers["getPlan"] {
  return async ({ planId }) => {
    const plan = isPlanId(planId) ? await findPlan(db, planId) : undefined;
    if (!plan) throw new AppError("PLAN_NOT_FOUND", { message: "there is no such plan" });
    return { plan };
  };
}

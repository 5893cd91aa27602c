import type { AuthDeps, AuthHandlers } from "./contract.ts";
import { requirePlan } from "./require-plan.ts";

/** Reads a plan. */
export function getPlan({ db }: AuthDeps): AuthHandlers["getPlan"] {
  return async ({ planId }) => ({ plan: await requirePlan(db, planId) });
}

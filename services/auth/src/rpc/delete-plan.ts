import { AppError } from "@geomesh/runtime/errors";
import { actorOf } from "../store/actor.ts";
import { requireEtag } from "../store/etag.ts";
import { isPlanInUse, deletePlan as storeDeletion } from "../store/plans.ts";
import type { AuthDeps, AuthHandlers } from "./contract.ts";
import { requirePlan } from "./require-plan.ts";

/** Deletes a plan that no account has but closed ones. Errors: PLAN_NOT_FOUND, ETAG_MISMATCH, PLAN_IN_USE. */
export function deletePlan({ write }: AuthDeps): AuthHandlers["deletePlan"] {
  return async ({ planId, etag }, call) => {
    await write(actorOf(call), async (changes) => {
      const before = await requirePlan(changes.trx, planId);
      requireEtag(before, etag);
      if (await isPlanInUse(changes.trx, planId)) throw new AppError("PLAN_IN_USE");
      await storeDeletion(changes, before);
    });
    return {};
  };
}

import { AppError } from "@geomesh/runtime/errors";
import { actorOf } from "../store/actor.ts";
import { findPlan, insertPlan } from "../store/plans.ts";
import { refuseIfAny, requireField, textProblems } from "./checks.ts";
import type { AuthDeps, AuthHandlers } from "./contract.ts";

const BATCH_SIZE_DEFAULT = 1_000;
const KEYS_DEFAULT = 100;

/** Creates a plan under an id that no plan has yet. */
export function createPlan({ write }: AuthDeps): AuthHandlers["createPlan"] {
  return async (request, call) => {
    const asked = requireField("plan", request.plan);
    const monthlyQuota = requireField("plan.monthly_quota", asked.monthlyQuota);
    const keyRate = requireField("plan.key_rate", asked.keyRate);
    refuseIfAny(textProblems("plan.name", asked.name));
    const plan = await write(actorOf(call), async (changes) => {
      if (await findPlan(changes.trx, asked.planId)) throw new AppError("PLAN_EXISTS");
      const batchSizeMax = asked.batchSizeMax || BATCH_SIZE_DEFAULT;
      const keysMax = asked.keysMax || KEYS_DEFAULT;
      return insertPlan(changes, { ...asked, monthlyQuota, keyRate, batchSizeMax, keysMax });
    });
    return { plan };
  };
}

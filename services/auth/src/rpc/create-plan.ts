import { AppError } from "@geomesh/runtime/errors";
import { actorOf } from "../store/actor.ts";
import { findPlan, insertPlan } from "../store/plans.ts";
import { nameProblems, refuseIfAny, requireField } from "./checks.ts";
import type { AuthDeps, AuthHandlers } from "./contract.ts";
import { planContentOf } from "./plan-content.ts";

/** Creates a plan under an id that no plan has; that of a deleted one is free. */
export function createPlan({ write }: AuthDeps): AuthHandlers["createPlan"] {
  return async (request, call) => {
    const asked = requireField("plan", request.plan);
    const content = planContentOf(asked);
    refuseIfAny(nameProblems("plan.name", asked.name));
    const plan = await write(actorOf(call), async (changes) => {
      if (await findPlan(changes.trx, asked.planId)) throw new AppError("PLAN_EXISTS");
      return insertPlan(changes, { planId: asked.planId, ...content });
    });
    return { plan };
  };
}

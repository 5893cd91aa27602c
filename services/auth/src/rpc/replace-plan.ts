import { actorOf } from "../store/actor.ts";
import { requireEtag } from "../store/etag.ts";
import { idProblems, nameProblems, refuseIfAny, requireField } from "./checks.ts";
import type { AuthDeps, AuthHandlers } from "./contract.ts";
import { changePlan, planContentOf } from "./plan-content.ts";
import { requirePlan } from "./require-plan.ts";
import type { ResourceRules } from "./resource-rules.ts";

/** Gives a plan another content as a whole, for all accounts that have it. The same content changes nothing. */
export function replacePlan(
  { write }: AuthDeps,
  rules: ResourceRules,
): AuthHandlers["replacePlan"] {
  return async (request, call) => {
    const { planId, etag } = request;
    const asked = requireField("plan", request.plan);
    refuseIfAny(idProblems("plan.plan_id", asked.planId, planId));
    const plan = await write(actorOf(call), async (changes) => {
      const before = await requirePlan(changes.trx, planId);
      requireEtag(before, etag, asked.etag);
      rules.plan({ ...asked, planId });
      refuseIfAny(nameProblems("plan.name", asked.name, before.name));
      return changePlan(changes, before, planContentOf(asked));
    });
    return { plan };
  };
}

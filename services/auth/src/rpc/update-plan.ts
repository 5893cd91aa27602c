import { actorOf } from "../store/actor.ts";
import { requireEtag } from "../store/etag.ts";
import { idProblems, nameProblems, refuseIfAny, requireField } from "./checks.ts";
import type { AuthDeps, AuthHandlers } from "./contract.ts";
import { changePlan, planContentOf } from "./plan-content.ts";
import { requirePlan } from "./require-plan.ts";
import type { ResourceRules } from "./resource-rules.ts";
import { applyMask } from "./update-mask.ts";

const FIELDS = [
  ...["name", "monthly_quota", "quota_mode", "key_rate", "account_rate"],
  ...["batch_size_max", "keys_max", "field_groups"],
];

/** Changes those fields of a plan that a mask names, or that the request sets. The same content changes nothing. */
export function updatePlan({ write }: AuthDeps, rules: ResourceRules): AuthHandlers["updatePlan"] {
  return async (request, call) => {
    const { planId, etag } = request;
    const asked = requireField("plan", request.plan);
    refuseIfAny(idProblems("plan.plan_id", asked.planId, planId));
    const plan = await write(actorOf(call), async (changes) => {
      const before = await requirePlan(changes.trx, planId);
      requireEtag(before, etag, asked.etag);
      const after = applyMask(FIELDS, { before, asked, mask: request.updateMask });
      rules.plan(after);
      refuseIfAny(nameProblems("plan.name", after.name, before.name));
      return changePlan(changes, before, planContentOf(after));
    });
    return { plan };
  };
}

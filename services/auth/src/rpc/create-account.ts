import { AppError } from "@geomesh/runtime/errors";
import { insertAccount } from "../store/accounts.ts";
import { actorOf } from "../store/actor.ts";
import { isPlanId, newAccountId } from "../store/ids.ts";
import { findPlan } from "../store/plans.ts";
import { refuseIfAny, requireField, textProblems } from "./checks.ts";
import type { AuthDeps, AuthHandlers } from "./contract.ts";

/** Creates an active account with a plan that exists. Fields that auth assigns are ignored. */
export function createAccount({ write }: AuthDeps): AuthHandlers["createAccount"] {
  return async (request, call) => {
    const { name, planId, externalId } = requireField("account", request.account);
    refuseIfAny([
      ...textProblems("account.name", name),
      ...textProblems("account.external_id", externalId),
    ]);
    const account = await write(actorOf(call), async (changes) => {
      const plan = isPlanId(planId) ? await findPlan(changes.trx, planId) : undefined;
      if (plan === undefined) throw new AppError("PLAN_UNKNOWN");
      return insertAccount(changes, { accountId: newAccountId(), name, planId, externalId });
    });
    return { account };
  };
}

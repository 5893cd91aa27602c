import { actorOf } from "../store/actor.ts";
import { accountProblems, changeContent, contentOf } from "./account-content.ts";
import { idProblems, refuseIfAny, requireField } from "./checks.ts";
import type { AuthDeps, AuthHandlers } from "./contract.ts";
import { requireOpenAccount } from "./require-open-account.ts";
import type { ResourceRules } from "./resource-rules.ts";
import { applyMask } from "./update-mask.ts";

const FIELDS = ["name", "plan_id", "external_id", "metadata"];

/** Changes those fields of an open account that a mask names, or that the request sets. The same content changes nothing. */
export function updateAccount(
  { write }: AuthDeps,
  rules: ResourceRules,
): AuthHandlers["updateAccount"] {
  return async (request, call) => {
    const asked = requireField("account", request.account);
    refuseIfAny(idProblems("account.account_id", asked.accountId, request.accountId));
    const account = await write(actorOf(call), async (changes) => {
      const before = await requireOpenAccount(changes.trx, request);
      const after = applyMask(FIELDS, { before, asked, mask: request.updateMask });
      rules.account(after);
      refuseIfAny(accountProblems(after, before));
      return changeContent(changes, before, contentOf(after));
    });
    return { account };
  };
}

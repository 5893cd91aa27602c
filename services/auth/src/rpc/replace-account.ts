import { actorOf } from "../store/actor.ts";
import { accountProblems, changeContent, contentOf } from "./account-content.ts";
import { idProblems, refuseIfAny, requireField } from "./checks.ts";
import type { AuthDeps, AuthHandlers } from "./contract.ts";
import { requireOpenAccount } from "./require-open-account.ts";

/** Gives an open account another content as a whole. The same content changes nothing. */
export function replaceAccount({ write }: AuthDeps): AuthHandlers["replaceAccount"] {
  return async (request, call) => {
    const asked = requireField("account", request.account);
    refuseIfAny(idProblems("account.account_id", asked.accountId, request.accountId));
    const account = await write(actorOf(call), async (changes) => {
      const before = await requireOpenAccount(changes.trx, request);
      refuseIfAny(accountProblems(asked, before));
      return changeContent(changes, before, contentOf(asked));
    });
    return { account };
  };
}

import { insertAccount } from "../store/accounts.ts";
import { actorOf } from "../store/actor.ts";
import { newAccountId } from "../store/ids.ts";
import { accountProblems, contentOf, requireFitting } from "./account-content.ts";
import { refuseIfAny, requireField } from "./checks.ts";
import type { AuthDeps, AuthHandlers } from "./contract.ts";

/** Creates an active account with a plan that exists. Fields that auth assigns are ignored. */
export function createAccount({ write }: AuthDeps): AuthHandlers["createAccount"] {
  return async (request, call) => {
    const content = contentOf(requireField("account", request.account));
    refuseIfAny(accountProblems(content));
    const account = await write(actorOf(call), async (changes) => {
      await requireFitting(changes, content);
      return insertAccount(changes, { accountId: newAccountId(), ...content });
    });
    return { account };
  };
}

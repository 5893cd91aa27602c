import { closeAccount } from "../store/accounts.ts";
import { actorOf } from "../store/actor.ts";
import type { AuthDeps, AuthHandlers } from "./contract.ts";
import { isClosed, requireAccountAt } from "./require-open-account.ts";

/** Closes an account for ever. A second call changes nothing and answers the same. */
export function deleteAccount({ write }: AuthDeps): AuthHandlers["deleteAccount"] {
  return async (request, call) => {
    const account = await write(actorOf(call), async (changes) => {
      const before = await requireAccountAt(changes.trx, request);
      return isClosed(before) ? before : closeAccount(changes, before);
    });
    return { account };
  };
}

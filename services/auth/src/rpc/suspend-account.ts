import { Account_State } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { setAccountState } from "../store/accounts.ts";
import { actorOf } from "../store/actor.ts";
import type { AuthDeps, AuthHandlers } from "./contract.ts";
import { requireOpenAccount } from "./require-open-account.ts";

/** Has the keys of an open account refused until it is reactivated. A second call changes nothing. */
export function suspendAccount({ write }: AuthDeps): AuthHandlers["suspendAccount"] {
  return async (request, call) => {
    const account = await write(actorOf(call), async (changes) => {
      const before = await requireOpenAccount(changes.trx, request);
      if (before.state === Account_State.SUSPENDED) return before;
      return setAccountState(changes, before, "SUSPENDED");
    });
    return { account };
  };
}

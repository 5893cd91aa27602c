import { KeyMode } from "@geomesh/proto/grpc/geomesh/common/v1/key_mode";
import { generateApiKey } from "@geomesh/terms/api-key";
import { actorOf } from "../store/actor.ts";
import { insertKey } from "../store/change-keys.ts";
import { idProblems, refuseIfAny, requireField } from "./checks.ts";
import type { AuthDeps, AuthHandlers } from "./contract.ts";
import { keyChoice } from "./key-choice.ts";
import { requireKeyRoom } from "./require-key-room.ts";
import { requireOpenAccount } from "./require-open-account.ts";

/**
 * Creates an active key of the account in the request; fields that auth assigns are ignored, but `key.account_id` is
 * the same or absent. The answer is the only place where its secret appears. A test key holds scopes that read only. Errors: INVALID_ARGUMENT,
 * ACCOUNT_NOT_FOUND, ACCOUNT_CLOSED, PLAN_FORBIDDEN.
 */
export function createKey({ write, clock }: AuthDeps): AuthHandlers["createKey"] {
  return async (request, call) => {
    const asked = requireField("key", request.key);
    refuseIfAny(idProblems("key.account_id", asked.accountId, request.accountId));
    const choice = keyChoice(asked, { wallMs: clock.wallMs() });
    const secret = generateApiKey(asked.mode === KeyMode.TEST ? "test" : "live");
    const key = await write(actorOf(call), async (changes) => {
      const { accountId } = request;
      const account = await requireOpenAccount(changes.trx, { accountId });
      await requireKeyRoom(changes, account);
      return insertKey(changes, { ...choice, accountId }, secret);
    });
    return { key, secret };
  };
}

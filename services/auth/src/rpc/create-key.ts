import type { Key } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { KeyMode } from "@geomesh/proto/grpc/geomesh/common/v1/key_mode";
import type { FieldProblem } from "@geomesh/runtime/errors";
import { generateApiKey } from "@geomesh/terms/api-key";
import { isTestScope, SCOPES_DEFAULT } from "@geomesh/terms/scopes";
import { actorOf } from "../store/actor.ts";
import { insertKey } from "../store/keys.ts";
import { refuseIfAny, requireField, textProblems, timeProblems } from "./checks.ts";
import type { AuthDeps, AuthHandlers } from "./contract.ts";
import { requireAccount } from "./require-account.ts";
import { requireKeyRoom } from "./require-key-room.ts";

/**
 * Creates an active key of the account in the request; fields that auth assigns are ignored, `key.account_id` too. The
 * answer is the only place where its secret appears. A test key holds scopes that read only. Errors: INVALID_ARGUMENT,
 * ACCOUNT_NOT_FOUND, PLAN_FORBIDDEN.
 */
export function createKey({ write, clock }: AuthDeps): AuthHandlers["createKey"] {
  return async (request, call) => {
    const asked = requireField("key", request.key);
    refuseIfAny(problemsOf(asked, clock.wallMs()));
    const scopes = asked.scopes.length > 0 ? asked.scopes : [...SCOPES_DEFAULT];
    const secret = generateApiKey(asked.mode === KeyMode.TEST ? "test" : "live");
    const key = await write(actorOf(call), async (changes) => {
      const account = await requireAccount(changes.trx, request.accountId);
      await requireKeyRoom(changes, account);
      return insertKey(changes, { ...asked, accountId: account.accountId, scopes }, secret);
    });
    return { key, secret };
  };
}

function problemsOf(
  { name, mode, scopes, expireTime, notBeforeTime }: Key,
  wallMs: number,
): FieldProblem[] {
  const problems = [
    ...textProblems("key.name", name),
    ...timeProblems("key.expire_time", expireTime),
    ...timeProblems("key.not_before_time", notBeforeTime),
  ];
  if (expireTime && expireTime.getTime() <= wallMs) {
    problems.push({
      field: "key.expire_time",
      description: "must be in the future",
      reason: "timestamp.gt_now",
    });
  }
  if (expireTime && notBeforeTime && expireTime <= notBeforeTime) {
    problems.push({
      field: "key.expire_time",
      description: "must be later than key.not_before_time",
    });
  }
  if (mode === KeyMode.TEST && !scopes.every(isTestScope)) {
    problems.push({
      field: "key.scopes",
      description: "of a test key must end in :read",
      reason: "scopes.test_key",
    });
  }
  return problems;
}

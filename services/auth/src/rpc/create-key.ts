import type { Key } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import type { FieldProblem } from "@geomesh/runtime/errors";
import { generateApiKey } from "@geomesh/terms/api-key";
import { SCOPES_DEFAULT } from "@geomesh/terms/scopes";
import { insertKey } from "../store/keys.ts";
import { refuseIfAny, requireField, textProblems, timeProblems } from "./checks.ts";
import type { AuthDeps, AuthHandlers } from "./contract.ts";
import { requireAccount } from "./require-account.ts";

/**
 * Creates an active key of the account in the request; fields that auth assigns are ignored, `key.account_id` too. The
 * answer is the only place where its secret appears.
 */
export function createKey({ write }: AuthDeps): AuthHandlers["createKey"] {
  return async (request) => {
    const asked = requireField("key", request.key);
    refuseIfAny(problemsOf(asked));
    const scopes = asked.scopes.length > 0 ? asked.scopes : [...SCOPES_DEFAULT];
    const secret = generateApiKey("live");
    const key = await write(async (changes) => {
      const { accountId } = await requireAccount(changes.trx, request.accountId);
      return insertKey(changes, { ...asked, accountId, scopes }, secret);
    });
    return { key, secret };
  };
}

function problemsOf({ name, expireTime, notBeforeTime }: Key): FieldProblem[] {
  const problems = [
    ...textProblems("key.name", name),
    ...timeProblems("key.expire_time", expireTime),
    ...timeProblems("key.not_before_time", notBeforeTime),
  ];
  if (expireTime && notBeforeTime && expireTime <= notBeforeTime) {
    problems.push({
      field: "key.expire_time",
      description: "must be later than key.not_before_time",
    });
  }
  return problems;
}

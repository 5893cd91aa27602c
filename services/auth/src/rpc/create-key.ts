import type { CreateKeyRequest } from "@geomesh/proto/grpc/geomesh/auth/v1/auth_service";
import type { FieldProblem } from "@geomesh/runtime/errors";
import { generateApiKey } from "@geomesh/terms/api-key";
import { insertKey } from "../store/keys.ts";
import { refuseIfAny, textProblems, timeProblems } from "./checks.ts";
import type { AuthDeps, AuthHandlers } from "./contract.ts";
import { requireAccount } from "./require-account.ts";

const SCOPES_DEFAULT = ["locations:read", "usage:read"];

/** Creates an active key of an account. The answer is the only place where its secret appears. */
export function createKey({ write }: AuthDeps): AuthHandlers["createKey"] {
  return async (request) => {
    refuseIfAny(problemsOf(request));
    const scopes = request.scopes.length > 0 ? request.scopes : SCOPES_DEFAULT;
    const secret = generateApiKey("live");
    const key = await write(async (changes) => {
      await requireAccount(changes.trx, request.accountId);
      return insertKey(changes, { ...request, scopes }, secret);
    });
    return { key, secret };
  };
}

function problemsOf({ name, expireTime, notBeforeTime }: CreateKeyRequest): FieldProblem[] {
  const problems = [
    ...textProblems("name", name),
    ...timeProblems("expire_time", expireTime),
    ...timeProblems("not_before_time", notBeforeTime),
  ];
  if (expireTime && notBeforeTime && expireTime <= notBeforeTime) {
    problems.push({ field: "expire_time", description: "must be later than not_before_time" });
  }
  return problems;
}

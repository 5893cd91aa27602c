import { checkIdentifiers } from "./checks.ts";
import type { MeteringDeps, MeteringHandlers } from "./contract.ts";
import { answerUsage } from "./usage-question.ts";

/** Answers the usage of an account that auth knows. */
export function queryUsage(deps: MeteringDeps): MeteringHandlers["queryUsage"] {
  return async (request) => {
    checkIdentifiers({ account_id: request.accountId });
    await deps.findAllowance(request.accountId);
    return answerUsage(deps, request, request.accountId);
  };
}

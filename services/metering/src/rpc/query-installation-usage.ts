import type { MeteringDeps, MeteringHandlers } from "./contract.ts";
import { answerUsage } from "./usage-question.ts";

/** Answers the usage of all accounts, also of those that auth no longer knows. */
export function queryInstallationUsage(
  deps: MeteringDeps,
): MeteringHandlers["queryInstallationUsage"] {
  return (request) => answerUsage(deps, request, undefined);
}

import type { AuthDeps, AuthHandlers } from "./contract.ts";
import { createAccount } from "./create-account.ts";
import { createKey } from "./create-key.ts";
import { createPlan } from "./create-plan.ts";
import { deleteAccount } from "./delete-account.ts";
import { deleteKey } from "./delete-key.ts";
import { deletePlan } from "./delete-plan.ts";
import { disableKey } from "./disable-key.ts";
import { enableKey } from "./enable-key.ts";
import { getAccount } from "./get-account.ts";
import { getKey } from "./get-key.ts";
import { getPlan } from "./get-plan.ts";
import { listAccounts } from "./list-accounts.ts";
import { listAllAuditEvents, listAuditEvents } from "./list-audit-events.ts";
import { listKeys } from "./list-keys.ts";
import { listPlanAssignments } from "./list-plan-assignments.ts";
import { listPlans } from "./list-plans.ts";
import { reactivateAccount } from "./reactivate-account.ts";
import { replaceAccount } from "./replace-account.ts";
import { replaceKey } from "./replace-key.ts";
import { replacePlan } from "./replace-plan.ts";
import { createResourceRules } from "./resource-rules.ts";
import { revokeKey } from "./revoke-key.ts";
import { rotateKey } from "./rotate-key.ts";
import { suspendAccount } from "./suspend-account.ts";
import { updateAccount } from "./update-account.ts";
import { updateKey } from "./update-key.ts";
import { updatePlan } from "./update-plan.ts";

/** Made once: handlers are made for each request that has an Idempotency-Key. */
const RULES = createResourceRules();

/** Binds the RPCs of AuthService to what they need. */
export function createHandlers(deps: AuthDeps): AuthHandlers {
  return {
    createAccount: createAccount(deps),
    getAccount: getAccount(deps),
    replaceAccount: replaceAccount(deps),
    updateAccount: updateAccount(deps, RULES),
    deleteAccount: deleteAccount(deps),
    suspendAccount: suspendAccount(deps),
    reactivateAccount: reactivateAccount(deps),
    listPlanAssignments: listPlanAssignments(deps),
    listAccounts: listAccounts(deps),
    createPlan: createPlan(deps),
    getPlan: getPlan(deps),
    listPlans: listPlans(deps),
    replacePlan: replacePlan(deps, RULES),
    updatePlan: updatePlan(deps, RULES),
    deletePlan: deletePlan(deps),
    createKey: createKey(deps),
    getKey: getKey(deps),
    listKeys: listKeys(deps),
    replaceKey: replaceKey(deps),
    updateKey: updateKey(deps, RULES),
    rotateKey: rotateKey(deps),
    enableKey: enableKey(deps),
    disableKey: disableKey(deps),
    revokeKey: revokeKey(deps),
    deleteKey: deleteKey(deps),
    listAuditEvents: listAuditEvents(deps),
    listAllAuditEvents: listAllAuditEvents(deps),
  };
}

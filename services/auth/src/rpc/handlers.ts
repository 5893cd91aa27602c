import type { AuthDeps, AuthHandlers } from "./contract.ts";
import { createAccount } from "./create-account.ts";
import { createKey } from "./create-key.ts";
import { createPlan } from "./create-plan.ts";
import { deleteKey } from "./delete-key.ts";
import { disableKey } from "./disable-key.ts";
import { enableKey } from "./enable-key.ts";
import { getAccount } from "./get-account.ts";
import { getKey } from "./get-key.ts";
import { getPlan } from "./get-plan.ts";
import { listAccounts } from "./list-accounts.ts";
import { listAllAuditEvents, listAuditEvents } from "./list-audit-events.ts";
import { listKeys } from "./list-keys.ts";
import { listPlans } from "./list-plans.ts";
import { replaceKey } from "./replace-key.ts";
import { revokeKey } from "./revoke-key.ts";
import { rotateKey } from "./rotate-key.ts";
import { updateKey } from "./update-key.ts";

/** Binds the RPCs of AuthService to what they need. */
export function createHandlers(deps: AuthDeps): AuthHandlers {
  return {
    createAccount: createAccount(deps),
    getAccount: getAccount(deps),
    listAccounts: listAccounts(deps),
    createPlan: createPlan(deps),
    getPlan: getPlan(deps),
    listPlans: listPlans(deps),
    createKey: createKey(deps),
    getKey: getKey(deps),
    listKeys: listKeys(deps),
    replaceKey: replaceKey(deps),
    updateKey: updateKey(deps),
    rotateKey: rotateKey(deps),
    enableKey: enableKey(deps),
    disableKey: disableKey(deps),
    revokeKey: revokeKey(deps),
    deleteKey: deleteKey(deps),
    listAuditEvents: listAuditEvents(deps),
    listAllAuditEvents: listAllAuditEvents(deps),
  };
}

import type { AuthServiceService } from "@geomesh/proto/grpc/geomesh/auth/v1/auth_service";
import type { Handlers } from "@geomesh/runtime/grpc/server";
import type { Auth } from "./contract.ts";
import { createAccount } from "./create-account.ts";
import { createKey } from "./create-key.ts";
import { createPlan } from "./create-plan.ts";
import { getAccount } from "./get-account.ts";
import { getKey } from "./get-key.ts";
import { getPlan } from "./get-plan.ts";
import { listAccounts } from "./list-accounts.ts";
import { listKeys } from "./list-keys.ts";
import { listPlans } from "./list-plans.ts";
import { revokeKey } from "./revoke-key.ts";
import { streamChanges } from "./stream-changes.ts";

export type AuthHandlers = Handlers<typeof AuthServiceService>;

export function createHandlers(auth: Auth): AuthHandlers {
  return {
    createAccount: createAccount(auth),
    getAccount: getAccount(auth),
    listAccounts: listAccounts(auth),
    createPlan: createPlan(auth),
    getPlan: getPlan(auth),
    listPlans: listPlans(auth),
    createKey: createKey(auth),
    getKey: getKey(auth),
    listKeys: listKeys(auth),
    revokeKey: revokeKey(auth),
    streamChanges: streamChanges(auth),
  };
}

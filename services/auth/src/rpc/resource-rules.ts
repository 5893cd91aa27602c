import { descriptorSetBytes } from "@geomesh/proto/descriptors";
import type { Account, Key, Plan } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import {
  CreateAccountRequest,
  CreateKeyRequest,
  CreatePlanRequest,
} from "@geomesh/proto/grpc/geomesh/auth/v1/auth_service";
import { requestChecks } from "@geomesh/runtime/grpc/validation";

/** Checks what comes of a change by the rules that hold for a new resource. Errors: INVALID_ARGUMENT with every field. */
export interface ResourceRules {
  account(account: Account): void;
  key(key: Key): void;
  plan(plan: Plan): void;
}

const SERVICE = "/geomesh.auth.v1.AuthService";

/** Reads the rules of accounts, keys and plans from the contract. */
export function createResourceRules(): ResourceRules {
  const checkOf = requestChecks(descriptorSetBytes());
  const checkAccount = checkOf(`${SERVICE}/CreateAccount`);
  const checkKey = checkOf(`${SERVICE}/CreateKey`);
  const checkPlan = checkOf(`${SERVICE}/CreatePlan`);
  return {
    account: (account) => checkAccount?.(CreateAccountRequest.encode({ account }).finish()),
    key(key) {
      checkKey?.(CreateKeyRequest.encode({ accountId: key.accountId, key }).finish());
    },
    plan: (plan) => checkPlan?.(CreatePlanRequest.encode({ plan }).finish()),
  };
}

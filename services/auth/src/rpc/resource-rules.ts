import { descriptorSetBytes } from "@geomesh/proto/descriptors";
import type { Account, Plan } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import {
  CreateAccountRequest,
  CreatePlanRequest,
} from "@geomesh/proto/grpc/geomesh/auth/v1/auth_service";
import { requestChecks } from "@geomesh/runtime/grpc/validation";

/** Checks what comes of a change by the rules that hold for a new resource. Errors: INVALID_ARGUMENT with every field. */
export interface ResourceRules {
  account(account: Account): void;
  plan(plan: Plan): void;
}

const SERVICE = "/geomesh.auth.v1.AuthService";

/** Reads the rules of accounts and plans from the contract. */
export function createResourceRules(): ResourceRules {
  const checkOf = requestChecks(descriptorSetBytes());
  const checkAccount = checkOf(`${SERVICE}/CreateAccount`);
  const checkPlan = checkOf(`${SERVICE}/CreatePlan`);
  return {
    account: (account) => checkAccount?.(CreateAccountRequest.encode({ account }).finish()),
    plan: (plan) => checkPlan?.(CreatePlanRequest.encode({ plan }).finish()),
  };
}

import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  Account_State,
  AccountSchema,
  type Key,
  Key_State,
  KeySchema,
  type Plan,
  PlanSchema,
} from "@geomesh/proto/es/geomesh/auth/v1/account_pb";
import { KeyMode } from "@geomesh/proto/es/geomesh/common/v1/key_mode_pb";
import type { Principal } from "../../keys/key-table.ts";

/** Whose request it is, where a test cares. */
export interface PrincipalInit {
  /** Default `acct_a`. */
  readonly accountId?: string;
  /** By default an account has one key. */
  readonly key?: Exclude<MessageInitShape<typeof KeySchema>, Key>;
  /** By default everything is allowed, in any amount. */
  readonly plan?: Exclude<MessageInitShape<typeof PlanSchema>, Plan>;
}

/** An active key that may do everything, with its account and plan. */
export function principalForTest({
  accountId = "acct_a",
  key,
  plan,
}: PrincipalInit = {}): Principal {
  return {
    key: create(KeySchema, {
      ...{ keyId: `key of ${accountId}`, accountId, state: Key_State.ACTIVE, scopes: ["admin"] },
      ...key,
    }),
    account: create(AccountSchema, { accountId, planId: "plan_a", state: Account_State.ACTIVE }),
    plan: create(PlanSchema, {
      ...{ planId: "plan_a", monthlyQuota: 1_000_000n, batchSizeMax: 1_000_000 },
      keyRate: { requests: 1_000_000 },
      ...plan,
    }),
  };
}

/** A caller without a key, on a plan by which by default everything is allowed. */
export function anonymousForTest(network: string, plan: PrincipalInit["plan"] = {}): Principal {
  const key = { keyId: "anonymous", scopes: ["locations:read"], mode: KeyMode.LIVE };
  return { ...principalForTest({ accountId: "anonymous", key, plan }), network };
}

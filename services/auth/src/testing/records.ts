import {
  type Account,
  type Key,
  Key_State,
  type Plan,
} from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { KeyMode } from "@geomesh/proto/grpc/geomesh/common/v1/key_mode";
import { QuotaMode } from "@geomesh/proto/grpc/geomesh/common/v1/quota_mode";
import type { TestAuth } from "./start-test-auth.ts";

/** A small hard plan. */
export const PLAN: Plan = {
  planId: "starter",
  name: "Starter",
  monthlyQuota: 10_000n,
  quotaMode: QuotaMode.HARD,
  keyRate: { requests: 10, per: undefined, burst: 20 },
  accountRate: undefined,
  batchSizeMax: 0,
  keysMax: 0,
  fieldGroups: [],
  etag: "",
};

/** An account with that plan. */
export const ACCOUNT: Account = {
  accountId: "",
  name: "Example",
  planId: PLAN.planId,
  state: 0,
  metadata: {},
  createTime: undefined,
  updateTime: undefined,
  etag: "",
};

/** A key with the default scopes. */
export const KEY: Key = {
  keyId: "",
  accountId: "",
  name: "Test key",
  displayPrefix: "",
  scopes: [],
  state: 0,
  mode: 0,
  rate: undefined,
  createTime: undefined,
  updateTime: undefined,
  allowedCidrs: [],
  allowedOrigins: [],
  metadata: {},
  etag: "",
};

/** Asks for the first page in the default size. */
export const FIRST_PAGE = { pageSize: 0, pageToken: "" };

/** Asks for all keys of the first page. */
export const FIRST_KEYS = {
  ...FIRST_PAGE,
  state: Key_State.STATE_UNSPECIFIED,
  mode: KeyMode.KEY_MODE_UNSPECIFIED,
};

/** Asks for the first page of all accounts. */
export const ALL_ACCOUNTS = { ...FIRST_PAGE, externalId: "", planId: "", state: 0 } as const;

/** Creates a plan and an account that has it; answers the id of the account. */
export async function createTestAccount({ client }: Pick<TestAuth, "client">): Promise<string> {
  await client.createPlan({ plan: PLAN });
  return anotherAccount({ client });
}

/** Creates one more account with the plan; answers its id. */
export async function anotherAccount({ client }: Pick<TestAuth, "client">): Promise<string> {
  const { account } = await client.createAccount({ account: ACCOUNT });
  return account?.accountId ?? "";
}

/** Creates a key of an account. */
export async function createTestKey(
  { client }: Pick<TestAuth, "client">,
  accountId: string,
): Promise<{ key: Key; secret: string }> {
  const { key, secret } = await client.createKey({ accountId, key: KEY });
  if (!key) throw new Error("CreateKey answered without a key");
  return { key, secret };
}

/** Part of a request for a key whatever its etag, without a wait. */
export const AS_IT_IS = { etag: "", wait: undefined };

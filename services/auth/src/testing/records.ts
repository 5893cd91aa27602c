import { type Key, Plan_QuotaMode } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import type { TestAuth } from "./start-test-auth.ts";

/** A small hard plan. */
export const PLAN_REQUEST = {
  planId: "starter",
  name: "Starter",
  monthlyQuota: 10_000n,
  quotaMode: Plan_QuotaMode.HARD,
  ratePerSecond: 10,
  burst: 20,
  batchSizeMax: 0,
};

/** An account with that plan. */
export const ACCOUNT_REQUEST = { name: "Example", planId: PLAN_REQUEST.planId };

/** A key with the default scopes. */
export const KEY_REQUEST = { name: "Test key", scopes: [] as string[] };

/** Asks for the first page in the default size. */
export const FIRST_PAGE = { pageSize: 0, pageToken: "" };

/** Creates a plan and an account that has it; answers the id of the account. */
export async function createTestAccount({ client }: TestAuth): Promise<string> {
  await client.createPlan(PLAN_REQUEST);
  return anotherAccount({ client });
}

/** Creates one more account with the plan; answers its id. */
export async function anotherAccount({ client }: Pick<TestAuth, "client">): Promise<string> {
  const { account } = await client.createAccount(ACCOUNT_REQUEST);
  return account?.accountId ?? "";
}

/** Creates a key of an account. */
export async function createTestKey(
  { client }: Pick<TestAuth, "client">,
  accountId: string,
): Promise<{ key: Key; secret: string }> {
  const { key, secret } = await client.createKey({ ...KEY_REQUEST, accountId });
  if (!key) throw new Error("CreateKey answered without a key");
  return { key, secret };
}

import { QuotaMode } from "@geomesh/proto/grpc/geomesh/common/v1/quota_mode";
import { generateApiKey } from "@geomesh/terms/api-key";
import { findAccount, insertAccount, type NewAccount } from "../store/accounts.ts";
import { systemActor } from "../store/actor.ts";
import { insertKey, type NewKey } from "../store/change-keys.ts";
import { newAccountId } from "../store/ids.ts";
import { findKeyBySecret } from "../store/keys.ts";
import { findPlan, insertPlan, type NewPlan } from "../store/plans.ts";
import type { Changes, Write } from "../store/write.ts";
import { readCredentialsFile, writeCredentialsFile } from "./credentials-file.ts";

/** Generous, so that a first try does not run into limits; hard, so that the end of a quota can be seen. */
const DEMO_PLAN: NewPlan = {
  planId: "demo",
  name: "Demo",
  monthlyQuota: 1_000_000n,
  quotaMode: QuotaMode.HARD,
  keyRate: { requests: 1000, per: undefined, burst: 2000 },
  accountRate: undefined,
  batchSizeMax: 1000,
  keysMax: 100,
  fieldGroups: [],
};

/** Soft, so that no quota locks an administrator out. */
const OPERATOR_PLAN: NewPlan = {
  ...DEMO_PLAN,
  planId: "operator",
  name: "Operator",
  quotaMode: QuotaMode.SOFT,
};

const OPERATOR_ACCOUNT_ID = "acct_geomeshoperator";

/**
 * Creates a demo account with a key and an administrator with a key, as the file at `path` says, unless they exist. What
 * the file does not hold is generated and written to it before the database commits, so that a crash between the two
 * loses no secret. A second run changes nothing. Errors: BOOTSTRAP_FILE_INVALID; those of the database.
 */
export async function bootstrap(write: Write, path: string): Promise<void> {
  await write(systemActor("Bootstrap"), async (changes) => {
    const credentials = await completeCredentials(path);
    await ensurePlan(changes, DEMO_PLAN);
    await ensureAccount(changes, {
      accountId: credentials.account_id,
      name: "Demo",
      planId: DEMO_PLAN.planId,
    });
    await ensureKey(changes, credentials.demo_key, {
      accountId: credentials.account_id,
      name: "Demo key",
      scopes: ["locations:read", "usage:read", "keys:write"],
    });
    await ensureOperatorKey(changes, credentials.admin_key);
  });
}

/** Makes a key an administrator's, of an account that is made for it, unless the key is known. */
export async function ensureOperatorKey(changes: Changes, secret: string): Promise<void> {
  await ensurePlan(changes, OPERATOR_PLAN);
  await ensureAccount(changes, {
    accountId: OPERATOR_ACCOUNT_ID,
    name: "Operator",
    planId: OPERATOR_PLAN.planId,
  });
  await ensureKey(changes, secret, {
    accountId: OPERATOR_ACCOUNT_ID,
    name: "Administrator key",
    scopes: ["admin"],
  });
}

async function completeCredentials(path: string) {
  const saved = await readCredentialsFile(path);
  const credentials = {
    account_id: saved.account_id ?? newAccountId(),
    demo_key: saved.demo_key ?? generateApiKey("live"),
    admin_key: saved.admin_key ?? generateApiKey("live"),
  };
  if (!(saved.account_id && saved.demo_key && saved.admin_key)) {
    await writeCredentialsFile(path, { ...saved, ...credentials });
  }
  return credentials;
}

async function ensurePlan(changes: Changes, plan: NewPlan): Promise<void> {
  if (!(await findPlan(changes.trx, plan.planId))) await insertPlan(changes, plan);
}

async function ensureAccount(changes: Changes, account: NewAccount): Promise<void> {
  if (!(await findAccount(changes.trx, account.accountId))) await insertAccount(changes, account);
}

async function ensureKey(changes: Changes, secret: string, key: NewKey): Promise<void> {
  if (!(await findKeyBySecret(changes.trx, secret))) {
    await insertKey(changes, { ...key, isGiven: true }, secret);
  }
}

import type { Allowance } from "../ledger/allowance.ts";
import type { MeteringDatabase } from "../ledger/schema.ts";

/** The allowance of an account by its plan; undefined while the account or its plan is unknown here. */
export function readAllowance(
  db: MeteringDatabase,
  accountId: string,
): Promise<Allowance | undefined> {
  return db
    .selectFrom("accounts")
    .innerJoin("plans", "plans.plan_id", "accounts.plan_id")
    .select(["plans.monthly_quota as limit", "plans.quota_mode as mode"])
    .where("account_id", "=", accountId)
    .executeTakeFirst();
}

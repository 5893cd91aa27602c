import type { MeteringDatabase } from "../ledger/schema.ts";

/** What an account's plan allows in a period. */
export interface Allowance {
  readonly limit: bigint;
  readonly mode: "HARD" | "SOFT";
}

/** The allowance of an account by its plan; undefined while account or plan is not known here. */
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

import type { Allowance } from "../ledger/allowance.ts";
import type { MeteringDatabase } from "../ledger/schema.ts";

const NOTHING: Allowance = { limit: 0n, mode: "HARD" };

/**
 * The allowance of an account by its plan, and nothing for one that is closed; undefined while the account or its plan is
 * unknown here.
 */
export async function readAllowance(
  db: MeteringDatabase,
  accountId: string,
): Promise<Allowance | undefined> {
  const row = await db
    .selectFrom("accounts")
    .innerJoin("plans", "plans.plan_id", "accounts.plan_id")
    .select(["plans.monthly_quota as limit", "plans.quota_mode as mode", "is_closed"])
    .where("account_id", "=", accountId)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return row.is_closed ? NOTHING : { limit: row.limit, mode: row.mode };
}

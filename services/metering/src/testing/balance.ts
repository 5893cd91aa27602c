import { sql } from "kysely";
import type { MeteringDatabase } from "../ledger/schema.ts";

/** One period: its row, and the sums of its leases and minutes. */
export interface AuditedPeriod {
  readonly accountId: string;
  readonly used: bigint;
  readonly outstanding: bigint;
  readonly lent: bigint;
  readonly counted: bigint;
  readonly limit: bigint;
}

/** Reads the periods of accounts in one statement, so that the answer is true at one moment. */
export async function auditPeriods(
  db: MeteringDatabase,
  accountIds: readonly string[],
): Promise<AuditedPeriod[]> {
  const { rows } = await sql<AuditedPeriod>`
    SELECT p.account_id AS "accountId", used, outstanding, monthly_quota AS limit,
      (SELECT coalesce(sum(granted - settled), 0)::bigint FROM leases l
        WHERE l.account_id = p.account_id AND l.period_start = p.period_start
          AND l.returned IS NULL) AS lent,
      (SELECT coalesce(sum(units), 0)::bigint FROM usage_minutes u
        WHERE u.account_id = p.account_id
          AND date_trunc('month', u.minute, 'UTC') = p.period_start) AS counted
    FROM periods p JOIN accounts USING (account_id) JOIN plans USING (plan_id)
    WHERE account_id = ANY (${accountIds})`.execute(db);
  return rows;
}

/** Fails unless the periods of these accounts, all on hard plans, have correct sums and stay within the quota. */
export async function expectSoundBooks(
  db: MeteringDatabase,
  ...accountIds: readonly string[]
): Promise<void> {
  for (const period of await auditPeriods(db, accountIds)) {
    const { used, outstanding, lent, counted, limit } = period;
    const isSound = used + outstanding <= limit && outstanding === lent && used === counted;
    if (!isSound) throw new Error(`unsound books: ${describe(period)}`);
  }
}

function describe(period: AuditedPeriod): string {
  return Object.entries(period)
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");
}

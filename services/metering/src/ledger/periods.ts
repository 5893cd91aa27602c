import { sql } from "kysely";
import type { MeteringDatabase, MeteringTransaction } from "./schema.ts";

/** A period of an account. */
export interface AccountPeriod {
  readonly accountId: string;
  readonly periodStart: Date;
}

/** Units whose usage has arrived, and units that are leased and not settled yet. */
export interface PeriodBalance {
  readonly used: bigint;
  readonly outstanding: bigint;
}

const NOTHING: PeriodBalance = { used: 0n, outstanding: 0n };

/** Locks the rows of periods until the transaction ends, in the same order for all callers, and creates missing ones. */
export async function lockPeriods(
  trx: MeteringTransaction,
  periods: readonly AccountPeriod[],
): Promise<void> {
  if (periods.length === 0) return;
  const keys = sql`unnest(
    ${periods.map((period) => period.accountId)}::text[],
    ${periods.map((period) => period.periodStart)}::timestamptz[]
  ) AS wanted (account_id, period_start)`;
  await sql`INSERT INTO periods (account_id, period_start)
    SELECT account_id, period_start FROM ${keys} ORDER BY 1, 2
    ON CONFLICT DO NOTHING`.execute(trx);
  await sql`SELECT FROM periods
    WHERE (account_id, period_start) IN (SELECT account_id, period_start FROM ${keys})
    ORDER BY account_id, period_start FOR NO KEY UPDATE`.execute(trx);
}

/** What an account has used and borrowed in a period. */
export async function readBalance(
  db: MeteringDatabase,
  { accountId, periodStart }: AccountPeriod,
): Promise<PeriodBalance> {
  const row = await db
    .selectFrom("periods")
    .select(["used", "outstanding"])
    .where("account_id", "=", accountId)
    .where("period_start", "=", periodStart)
    .executeTakeFirst();
  return row ?? NOTHING;
}

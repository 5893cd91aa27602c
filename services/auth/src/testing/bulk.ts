import { sql } from "kysely";
import { openAuthDatabase } from "./open-auth-database.ts";
import { PLAN } from "./records.ts";

/** Creates many accounts in one statement, past auth and its outbox, because that is quick. Auth finds them at its next beat. */
export async function fillWithAccounts(databaseUrl: string, count: number): Promise<void> {
  const { db, close } = await openAuthDatabase(databaseUrl);
  await db.transaction().execute(async (trx) => {
    await sql`LOCK TABLE revision_counter`.execute(trx);
    await sql`
      INSERT INTO accounts (account_id, name, plan_id, state, create_time, update_time, revision)
      SELECT
        'acct_' || lpad((revision + number)::text, 16, '0'),
        'Example', ${PLAN.planId}, 'ACTIVE', now(), now(), revision + number
      FROM revision_counter, generate_series(1, ${count}::bigint) number`.execute(trx);
    await sql`UPDATE revision_counter SET revision = revision + ${count}`.execute(trx);
  });
  await close();
}

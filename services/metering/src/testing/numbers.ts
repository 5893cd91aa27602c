import { sql } from "kysely";
import type { MeteringDatabase } from "../ledger/schema.ts";

/** Every number in the ledger, and what is kept aside. */
export async function allNumbers(db: MeteringDatabase) {
  const { rows } = await sql<{
    minutes: unknown;
    periods: unknown;
    leases: unknown;
    epochs: unknown;
    early: unknown;
    poison: unknown;
  }>`SELECT (SELECT json_agg(m ORDER BY m) FROM usage_minutes m) AS minutes,
      (SELECT json_agg(p ORDER BY p) FROM periods p) AS periods,
      (SELECT json_agg(l ORDER BY l) FROM leases l) AS leases,
      (SELECT json_agg(e ORDER BY e) FROM gateway_epochs e) AS epochs,
      (SELECT json_agg(b ORDER BY b) FROM early_blocks b) AS early,
      (SELECT json_agg(b ORDER BY b) FROM poison_blocks b) AS poison`.execute(db);
  return rows[0];
}

import { sql } from "kysely";
import type { MeteringDatabase } from "../ledger/schema.ts";

/** A copy of all rows, as they were at one moment. */
export interface Backup {
  /** Brings the rows back, in one transaction: whoever reads the database sees all of it go back at once. */
  restore(): Promise<void>;
}

/** Copies all rows into tables of their own beside them. One backup a database. */
export async function takeBackup(db: MeteringDatabase): Promise<Backup> {
  const { rows } = await sql<{ name: string }>`SELECT tablename AS name FROM pg_tables
    WHERE schemaname = 'public' AND tablename NOT LIKE 'kysely%'`.execute(db);
  const tables = rows.map(({ name }) => ({
    live: sql.id("public", name),
    copy: sql.id("backup", name),
  }));
  await db.transaction().execute(async (trx) => {
    await sql`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ`.execute(trx);
    await sql`CREATE SCHEMA backup`.execute(trx);
    for (const { live, copy } of tables) {
      await sql`CREATE TABLE ${copy} AS TABLE ${live}`.execute(trx);
    }
  });
  return {
    restore: () =>
      db.transaction().execute(async (trx) => {
        await sql`TRUNCATE ${sql.join(tables.map(({ live }) => live))}`.execute(trx);
        for (const { live, copy } of tables) {
          await sql`INSERT INTO ${live} SELECT * FROM ${copy}`.execute(trx);
        }
      }),
  };
}

import { type Kysely, sql } from "kysely";
import { CREATE_TABLES } from "../migrations/0001-create-tables.ts";
import { EXTEND_KEYS } from "../migrations/0004-extend-keys.ts";
import { openAuthDatabase } from "./open-auth-database.ts";

const TABLES = ["revision_counter", "plans", "accounts", "keys", "key_uses", "outbox"];

/** The rows of each table, as JSON. */
export type Dump = ReadonlyMap<string, string>;

/** What pg_dump takes, without pg_dump, which the PostgreSQL of the tests does not have. */
export async function dumpDatabase(databaseUrl: string): Promise<Dump> {
  const { db, close } = await openAuthDatabase(databaseUrl);
  const dump = new Map<string, string>();
  for (const table of TABLES) {
    const rows = sql.table(table);
    const { rows: found } = await sql<{ all: string }>`
      SELECT coalesce(json_agg(t), '[]')::text AS all FROM ${rows} t`.execute(db);
    dump.set(table, found[0]?.all ?? "[]");
  }
  await close();
  return dump;
}

/** What `pg_restore --clean --single-transaction` does: drops the tables, creates them again, and fills them. */
export async function restoreDatabase(databaseUrl: string, dump: Dump): Promise<void> {
  const { db, close } = await openAuthDatabase(databaseUrl);
  await db.transaction().execute(async (trx) => {
    for (const table of TABLES.toReversed()) await sql`DROP TABLE ${sql.table(table)}`.execute(trx);
    for (const { up } of [CREATE_TABLES, EXTEND_KEYS]) {
      await up(trx as unknown as Kysely<unknown>);
    }
    await sql`TRUNCATE revision_counter`.execute(trx);
    for (const table of TABLES) {
      const name = sql.table(table);
      await sql`
        INSERT INTO ${name} SELECT * FROM json_populate_recordset(
          NULL::${name}, ${dump.get(table) ?? "[]"}::json)`.execute(trx);
    }
  });
  await close();
}

import { type Kysely, sql } from "kysely";
import { MIGRATIONS } from "../migrations/migrations.ts";
import { openAuthDatabase } from "./open-auth-database.ts";

/** The rows of each table, as JSON, in an order in which they can be filled. */
export type Dump = ReadonlyMap<string, string>;

/** What pg_dump takes, without pg_dump, which the PostgreSQL of the tests does not have. */
export async function dumpDatabase(databaseUrl: string): Promise<Dump> {
  const { db, close } = await openAuthDatabase(databaseUrl);
  const dump = new Map<string, string>();
  for (const table of await tablesOf(db)) {
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
    for (const table of (await tablesOf(trx)).toReversed()) {
      await sql`DROP TABLE ${sql.table(table)}`.execute(trx);
    }
    for (const name of Object.keys(MIGRATIONS).toSorted()) {
      await MIGRATIONS[name]?.up(trx as unknown as Kysely<unknown>);
    }
    await sql`TRUNCATE revision_counter`.execute(trx);
    for (const [table, all] of dump) {
      const name = sql.table(table);
      await sql`
        INSERT INTO ${name} OVERRIDING SYSTEM VALUE
        SELECT * FROM json_populate_recordset(NULL::${name}, ${all}::json)`.execute(trx);
    }
    await sql`
      SELECT setval(sequence, greatest(last, 1), last > 0) FROM (
        SELECT pg_get_serial_sequence(table_name, column_name) AS sequence,
          (xpath('//m/text()', query_to_xml(
            format('SELECT coalesce(max(%I), 0) AS m FROM %I', column_name, table_name),
            false, true, '')))[1]::text::bigint AS last
        FROM information_schema.columns
        WHERE is_identity = 'YES' AND table_schema = current_schema()) AS identities`.execute(trx);
  });
  await close();
}

/** All tables but those of the migrator, in the order in which they were created. */
async function tablesOf(db: Pick<Kysely<never>, "getExecutor">): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    SELECT relname AS name FROM pg_class
    WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
      AND relname NOT LIKE 'kysely%'
    ORDER BY oid`.execute(db);
  return rows.map(({ name }) => name);
}

import { createLog } from "@geomesh/runtime/log";
import { openDatabase } from "@geomesh/runtime/sql/database";
import { sql } from "kysely";

/** URLs of one database, by the role that owns its tables and by the one that auth works by. */
export interface TwoRoles {
  readonly ownerUrl: string;
  readonly serviceUrl: string;
}

/** Makes two roles for an empty database, as `packages/servers` and `deploy/` do, and hands it to one of them. */
export async function makeTwoRoles(superuserUrl: string): Promise<TwoRoles> {
  const name = new URL(superuserUrl).pathname.slice(1);
  const log = createLog({ service: "auth", level: "silent" });
  const options = { url: superuserUrl, migrations: {}, statementTimeoutMs: 5_000, log };
  const { db, close } = await openDatabase<unknown>(options);
  for (const role of [`${name}_owner`, name]) {
    await sql`CREATE ROLE ${sql.id(role)} LOGIN PASSWORD 'p'`.execute(db);
  }
  const database = sql.id(name);
  await sql`ALTER DATABASE ${database} OWNER TO ${sql.id(`${name}_owner`)}`.execute(db);
  await sql`REVOKE CONNECT ON DATABASE ${database} FROM PUBLIC`.execute(db);
  // The tables of the migrator, which the superuser made.
  await sql`DROP TABLE IF EXISTS kysely_migration, kysely_migration_lock`.execute(db);
  await close();
  const urlOf = (role: string) => {
    const url = new URL(superuserUrl);
    [url.username, url.password] = [role, "p"];
    return url.href;
  };
  return { ownerUrl: urlOf(`${name}_owner`), serviceUrl: urlOf(name) };
}

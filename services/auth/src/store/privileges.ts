import { AppError } from "@geomesh/runtime/errors";
import type { Log } from "@geomesh/runtime/log";
import type { DatabaseOwner } from "@geomesh/runtime/sql/database";
import { roleOf } from "@geomesh/runtime/sql/pool";
import { sql, type Transaction } from "kysely";
import type { AuthDatabase } from "./schema.ts";

/** What the service may do with the audit log: nothing that alters or removes an event. */
const AUDIT_PRIVILEGES = ["SELECT", "INSERT"] as const;
/** Tables that the migrations alone work with. */
const MIGRATION_TABLES = ["kysely_migration", "kysely_migration_lock"];

/**
 * The role that makes auth's tables, and grants the role that auth works by what it needs; undefined where the URL is empty.
 * Errors: SETTING_INVALID where both are one role.
 */
export function tableOwner(ownerUrl: string, serviceUrl: string): DatabaseOwner | undefined {
  if (ownerUrl === "") return undefined;
  const [owner, service] = [ownerUrl, serviceUrl].map(roleOf);
  if (service === undefined || owner === service) {
    throw new AppError("SETTING_INVALID", {
      message: "AUTH_OWNER_DATABASE_URL must be of another role than AUTH_DATABASE_URL.",
    });
  }
  return { url: ownerUrl, grant: (trx) => grantTo(trx, service) };
}

/** Grants all that the service needs, anew at each start, so that it holds of tables that a migration has just made. */
async function grantTo(trx: Transaction<unknown>, service: string): Promise<void> {
  const { rows } = await sql<{ database: string; schema: string }>`
    SELECT current_database() AS database, current_schema() AS schema`.execute(trx);
  const role = sql.id(service);
  const database = sql.id(rows[0]?.database ?? "");
  const schema = sql.id(rows[0]?.schema ?? "");
  const everything = sql`ALL TABLES IN SCHEMA ${schema}`;
  await sql`GRANT CONNECT ON DATABASE ${database} TO ${role}`.execute(trx);
  await sql`GRANT USAGE ON SCHEMA ${schema} TO ${role}`.execute(trx);
  await sql`GRANT SELECT, INSERT, UPDATE, DELETE ON ${everything} TO ${role}`.execute(trx);
  await sql`GRANT USAGE ON ALL SEQUENCES IN SCHEMA ${schema} TO ${role}`.execute(trx);
  for (const table of [...MIGRATION_TABLES, "audit_events"]) {
    await sql`REVOKE ALL ON ${sql.table(table)} FROM PUBLIC, ${role}`.execute(trx);
  }
  const removal = sql`FUNCTION remove_audit_events(timestamptz, integer)`;
  await sql`GRANT EXECUTE ON ${removal} TO ${role}`.execute(trx);
  const mayDo = sql.raw(AUDIT_PRIVILEGES.join(", "));
  await sql`GRANT ${mayDo} ON audit_events TO ${role}`.execute(trx);
}

/** Says once at a start whether auth's own role could alter the audit log. Errors: those of the database. */
export async function tellAuditSeal(
  db: AuthDatabase,
  owner: DatabaseOwner | undefined,
  log: Log,
): Promise<void> {
  if (!(await mayAlterAuditLog(db))) return;
  if (owner === undefined) {
    log.info("auth's role owns its tables, and so could alter the audit log");
  } else
    log.warn(
      "the role of AUTH_DATABASE_URL is a superuser or the owner, and so could alter the audit log",
    );
}

/** True where the role that auth works by may alter or remove events of the audit log. Errors: those of the database. */
async function mayAlterAuditLog(db: AuthDatabase): Promise<boolean> {
  const { rows } = await sql<{ may: boolean }>`
    SELECT
      has_table_privilege('audit_events', 'UPDATE, DELETE, TRUNCATE, TRIGGER')
        OR pg_has_role(relowner, 'MEMBER') AS may
    FROM pg_class WHERE oid = 'audit_events'::regclass`.execute(db);
  return rows[0]?.may ?? true;
}

import { createLog } from "@geomesh/runtime/log";
import { openDatabase } from "@geomesh/runtime/sql/database";
import { MIGRATIONS } from "../migrations/migrations.ts";
import type { AuthSchema } from "../store/schema.ts";

/** The database of auth without the service around it. */
export function openAuthDatabase(url: string) {
  const log = createLog({ service: "auth", level: "silent" });
  return openDatabase<AuthSchema>({ url, migrations: MIGRATIONS, statementTimeoutMs: 5000, log });
}

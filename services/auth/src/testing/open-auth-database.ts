import { createLog } from "@geomesh/runtime/log";
import { openDatabase } from "@geomesh/runtime/sql/database";
import { MIGRATIONS } from "../migrations/migrations.ts";
import { tableOwner } from "../store/privileges.ts";
import type { AuthSchema } from "../store/schema.ts";

/** The database of auth without the service around it; where another role owns the tables, by that one's URL too. */
export function openAuthDatabase(url: string, ownerUrl = "") {
  const log = createLog({ service: "auth", level: "silent" });
  const owner = tableOwner(ownerUrl, url);
  return openDatabase<AuthSchema>({
    ...{ url, owner, log },
    migrations: MIGRATIONS,
    statementTimeoutMs: 5000,
  });
}

import type { Migration } from "kysely/migration";
import { FIRST_TABLES } from "./0001-first-tables.ts";
import { CLOSED_ACCOUNTS } from "./0002-closed-accounts.ts";

/** Every step from an empty database to the current tables, in the order of names. A released step is never edited. */
export const MIGRATIONS: Record<string, Migration> = {
  "0001-first-tables": FIRST_TABLES,
  "0002-closed-accounts": CLOSED_ACCOUNTS,
};

import type { Migration } from "kysely/migration";
import { FIRST_TABLES } from "./0001-first-tables.ts";
import { USAGE_COUNTING } from "./0002-count-usage.ts";

/** In order of their names; one that has been released is never edited. */
export const MIGRATIONS: Record<string, Migration> = {
  "0001-first-tables": FIRST_TABLES,
  "0002-count-usage": USAGE_COUNTING,
};

import type { Migration } from "kysely/migration";
import { firstTables } from "./0001-first-tables.ts";
import { usageCounting } from "./0002-count-usage.ts";

/** In order of their names; one that has been released is never edited. */
export const migrations: Record<string, Migration> = {
  "0001-first-tables": firstTables,
  "0002-count-usage": usageCounting,
};

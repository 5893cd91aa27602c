import type { Migration } from "kysely/migration";
import { createTables } from "./0001-create-tables.ts";

/** Every step from an empty database to the present one, in the order of names. */
export const migrations: Record<string, Migration> = {
  "0001-create-tables": createTables,
};

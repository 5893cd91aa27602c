import { AppError } from "@geomesh/runtime/errors";
import { sql } from "kysely";
import type { Changes } from "./write.ts";

/** The scope of administrators. */
export const ADMIN = "admin";

/**
 * Makes a change unless it takes away the last administrator: the last active key with the scope `admin`, without an end and
 * valid already, in an active account. Where there was none before, any change is made. Whatever suspends or closes an
 * account, or changes a key, goes through here. Errors: LAST_ADMINISTRATOR; those of `change`.
 */
export async function keepAdministrator<T>(changes: Changes, change: () => Promise<T>): Promise<T> {
  const hadOne = await hasAdministrator(changes);
  const result = await change();
  if (hadOne && !(await hasAdministrator(changes))) throw new AppError("LAST_ADMINISTRATOR");
  return result;
}

async function hasAdministrator({ trx, commitTime }: Changes): Promise<boolean> {
  const row = await trx
    .selectFrom("keys")
    .innerJoin("accounts", "accounts.account_id", "keys.account_id")
    .select("keys.key_id")
    .where("keys.state", "=", "ACTIVE")
    .where("keys.expire_time", "is", null)
    .where(sql<boolean>`${sql.lit(ADMIN)} = ANY (keys.scopes)`)
    .where(({ eb, or }) =>
      or([eb("keys.not_before_time", "is", null), eb("keys.not_before_time", "<=", commitTime)]),
    )
    .where("accounts.state", "=", "ACTIVE")
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

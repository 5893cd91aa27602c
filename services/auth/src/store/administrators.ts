import { AppError } from "@geomesh/runtime/errors";
import { sql } from "kysely";
import type { Changes } from "./write.ts";

/** The scope of administrators. */
export const ADMIN = "admin";

/** A key that may make fewer requests in a second is no way back in. */
const RATE_PER_S_MIN = 1;
const NS_PER_S = 1_000_000_000;

/** Who is left to administer: nobody, restricted keys alone, or one that works from anywhere. */
const Left = { NOBODY: 0, RESTRICTED: 1, UNRESTRICTED: 2 } as const;
type Left = (typeof Left)[keyof typeof Left];

/**
 * Makes a change unless it takes away the last administrator: the last active key with the scope `admin`, without an end and
 * valid already, in an active account, which is not restricted to addresses or origins, or to less than a request a second. Where
 * there were restricted ones alone, the last of these stays, and where there was none, any change is made. Whatever suspends or closes an
 * account, or changes a key, goes through here. Errors: LAST_ADMINISTRATOR; those of `change`.
 */
export async function keepAdministrator<T>(changes: Changes, change: () => Promise<T>): Promise<T> {
  const before = await administratorsLeft(changes);
  const result = await change();
  if ((await administratorsLeft(changes)) < before) throw new AppError("LAST_ADMINISTRATOR");
  return result;
}

async function administratorsLeft({ trx, commitTime }: Changes): Promise<Left> {
  const { isUnrestricted } = await trx
    .selectFrom("keys")
    .innerJoin("accounts", "accounts.account_id", "keys.account_id")
    .select(
      sql<boolean | null>`bool_or(
        cardinality(keys.allowed_cidrs) = 0 AND cardinality(keys.allowed_origins) = 0
        AND (keys.rate_requests IS NULL
          OR keys.rate_requests::numeric * ${sql.lit(NS_PER_S)} >= keys.rate_per_ns::numeric * ${sql.lit(RATE_PER_S_MIN)})
      )`.as("isUnrestricted"),
    )
    .where("keys.state", "=", "ACTIVE")
    .where("keys.expire_time", "is", null)
    .where(sql<boolean>`${sql.lit(ADMIN)} = ANY (keys.scopes)`)
    .where(({ eb, or }) =>
      or([eb("keys.not_before_time", "is", null), eb("keys.not_before_time", "<=", commitTime)]),
    )
    .where("accounts.state", "=", "ACTIVE")
    .executeTakeFirstOrThrow();
  if (isUnrestricted === null) return Left.NOBODY;
  return isUnrestricted ? Left.UNRESTRICTED : Left.RESTRICTED;
}

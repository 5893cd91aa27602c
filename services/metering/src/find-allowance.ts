import { AppError } from "@geomesh/runtime/errors";
import { type Allowance, readAllowance } from "./store/allowances.ts";
import type { MeteringDatabase } from "./store/schema.ts";

const patienceMs = 2_000;

/**
 * The allowance of an account. Errors: NOT_FOUND when auth knows no such account, UNAVAILABLE when it is not known
 * here and auth cannot be asked.
 */
export type FindAllowance = (accountId: string) => Promise<Allowance>;

/** Looks in the database first; an account that is missing there may be new, so auth is asked once for what changed. */
export function createFindAllowance(
  db: MeteringDatabase,
  catchUp: () => Promise<void>,
): FindAllowance {
  return async (accountId) => {
    const known = await readAllowance(db, accountId);
    if (known !== undefined) return known;
    await withPatience(catchUp());
    const found = await readAllowance(db, accountId);
    if (found === undefined) {
      throw new AppError("not_found", "ACCOUNT_NOT_FOUND", "there is no such account");
    }
    return found;
  };
}

/** Waits for work that others wait for too, but not for ever: a first load of all accounts can take long. */
async function withPatience(work: Promise<void>): Promise<void> {
  const patience = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const options = { retryAfterMs: patienceMs };
    patience.reject(
      new AppError("unavailable", "ACCOUNTS_LOADING", "accounts are still being loaded", options),
    );
  }, patienceMs);
  try {
    await Promise.race([work, patience.promise]);
  } finally {
    clearTimeout(timer);
  }
}

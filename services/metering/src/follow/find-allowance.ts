import { AppError } from "@geomesh/runtime/errors";
import type { Allowance } from "../ledger/allowance.ts";
import type { MeteringDatabase } from "../ledger/schema.ts";
import { readAllowance } from "./allowances.ts";

const PATIENCE_MS = 2_000;

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
      throw new AppError("ACCOUNT_NOT_FOUND", { message: "there is no such account" });
    }
    return found;
  };
}

/** Waits for work that others wait for too, but not for ever: a first load of all accounts can take long. */
async function withPatience(work: Promise<void>): Promise<void> {
  const patience = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const options = { retryAfterMs: PATIENCE_MS };
    patience.reject(
      new AppError("ACCOUNTS_LOADING", { message: "accounts are still being loaded", ...options }),
    );
  }, PATIENCE_MS);
  try {
    await Promise.race([work, patience.promise]);
  } finally {
    clearTimeout(timer);
  }
}

import { withTimeLimit } from "@geomesh/runtime/async/time-limit";
import { AppError } from "@geomesh/runtime/errors";
import type { Allowance } from "../ledger/allowance.ts";
import type { MeteringDatabase } from "../ledger/schema.ts";
import { readAllowance } from "./allowances.ts";

const CATCH_UP_MS_MAX = 2_000;

/**
 * Answers the allowance of an account. Errors: ACCOUNT_NOT_FOUND when auth does not know the account; ACCOUNTS_LOADING
 * when loading what auth knows takes too long; those of the call to auth when auth is unavailable.
 */
export type FindAllowance = (accountId: string) => Promise<Allowance>;

/** What finding an allowance needs. */
export interface FindAllowanceDeps {
  readonly db: MeteringDatabase;
  /** Resolves when all that auth had committed before the call is held here. */
  catchUp(): Promise<void>;
}

/**
 * Looks in the database first. An account that is missing there may be new, so that what changed is loaded from auth
 * once, for at most 2 s: a first load of all accounts can take longer, and continues without this caller.
 */
export function createFindAllowance({ db, catchUp }: FindAllowanceDeps): FindAllowance {
  return async (accountId) => {
    const known = await readAllowance(db, accountId);
    if (known !== undefined) return known;
    await withTimeLimit(catchUp(), CATCH_UP_MS_MAX, stillLoading);
    const found = await readAllowance(db, accountId);
    if (found === undefined) throw new AppError("ACCOUNT_NOT_FOUND");
    return found;
  };
}

function stillLoading(): AppError {
  return new AppError("ACCOUNTS_LOADING", { retryAfterMs: CATCH_UP_MS_MAX });
}

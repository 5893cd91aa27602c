import type { AuthDeps, AuthHandlers } from "./contract.ts";
import { requireAccount } from "./require-account.ts";

/** Reads an account. */
export function getAccount({ db }: AuthDeps): AuthHandlers["getAccount"] {
  return async ({ accountId }) => ({ account: await requireAccount(db, accountId) });
}

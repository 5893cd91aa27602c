import type { Account } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { AppError } from "@geomesh/runtime/errors";
import { findAccount } from "../store/accounts.ts";
import { isAccountId } from "../store/ids.ts";
import type { AuthDatabase } from "../store/schema.ts";

/** Reads an account. Errors: ACCOUNT_NOT_FOUND, also for a malformed id. */
export async function requireAccount(db: AuthDatabase, accountId: string): Promise<Account> {
  const account = isAccountId(accountId) ? await findAccount(db, accountId) : undefined;
  if (account === undefined) throw new AppError("ACCOUNT_NOT_FOUND");
  return account;
}

import type { Account } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { AppError } from "@geomesh/runtime/errors";
import { findAccount } from "../store/accounts.ts";
import { isAccountId } from "../store/ids.ts";
import type { AuthDatabase } from "../store/schema.ts";

/** The account. Errors: NOT_FOUND, also for what is no account id at all. */
export async function requireAccount(db: AuthDatabase, accountId: string): Promise<Account> {
  const account = isAccountId(accountId) ? await findAccount(db, accountId) : undefined;
  if (account) return account;
  throw new AppError("ACCOUNT_NOT_FOUND", { message: "there is no such account" });
}

import { type Account, Account_State } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { AppError } from "@geomesh/runtime/errors";
import { requireEtag } from "../store/etag.ts";
import type { AuthDatabase } from "../store/schema.ts";
import { requireAccount } from "./require-account.ts";

/** Which account a request wants to change. */
export interface AccountToChange {
  readonly accountId: string;
  /** Default is any. */
  readonly etag?: string;
  /** The account in the request. */
  readonly account?: Account | undefined;
}

/** True for an account that is closed for ever. */
export function isClosed({ state }: Account): boolean {
  return state === Account_State.CLOSED;
}

/** Reads an account that is to be changed. Errors: ACCOUNT_NOT_FOUND, ETAG_MISMATCH. */
export async function requireAccountAt(
  db: AuthDatabase,
  { accountId, etag = "", account: resource }: AccountToChange,
): Promise<Account> {
  const account = await requireAccount(db, accountId);
  requireEtag(account, etag, resource?.etag ?? "");
  return account;
}

/** Reads an account that is to be changed, unless it is closed. Errors: ACCOUNT_NOT_FOUND, ETAG_MISMATCH, ACCOUNT_CLOSED. */
export async function requireOpenAccount(
  db: AuthDatabase,
  request: AccountToChange,
): Promise<Account> {
  const account = await requireAccountAt(db, request);
  if (isClosed(account)) throw new AppError("ACCOUNT_CLOSED");
  return account;
}

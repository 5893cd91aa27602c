import type { Account } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { readPage } from "@geomesh/runtime/page";
import { listAccounts as readAccounts } from "../store/accounts.ts";
import { isAccountId } from "../store/ids.ts";
import type { AuthDeps, AuthHandlers } from "./contract.ts";

/** Lists all accounts by id, in pages. */
export function listAccounts({ db }: AuthDeps): AuthHandlers["listAccounts"] {
  const list = {
    name: "accounts",
    idOf: (account: Account) => account.accountId,
    isId: isAccountId,
    read: (afterId: string, limit: number) => readAccounts(db, afterId, limit),
  };
  return async (request) => {
    const { items, nextPageToken } = await readPage(request, list);
    return { accounts: items, nextPageToken };
  };
}

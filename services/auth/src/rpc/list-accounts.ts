import { createHash } from "node:crypto";
import { type Account, Account_State } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import type { ListAccountsRequest } from "@geomesh/proto/grpc/geomesh/auth/v1/auth_service";
import { readPage } from "@geomesh/runtime/page";
import { type AccountFilter, listAccounts as readAccounts } from "../store/accounts.ts";
import { isAccountId } from "../store/ids.ts";
import type { AuthDeps, AuthHandlers } from "./contract.ts";

const STATES = ["ACTIVE", "SUSPENDED", "CLOSED"] as const;
const DIGEST_CHARACTERS = 16;

/** Lists accounts by id, in pages: those that have all that the request names, closed ones too. */
export function listAccounts({ db }: AuthDeps): AuthHandlers["listAccounts"] {
  return async (request) => {
    const filter = filterOf(request);
    const { items, nextPageToken } = await readPage(request, {
      name: nameOf(filter),
      idOf: (account: Account) => account.accountId,
      isId: isAccountId,
      read: (afterId, limit) => readAccounts(db, filter, { afterId, limit }),
    });
    return { accounts: items, nextPageToken };
  };
}

function filterOf({ externalId, planId, state }: ListAccountsRequest): AccountFilter {
  return {
    externalId: filterText(externalId),
    planId: filterText(planId),
    state: STATES.find((name) => Account_State[name] === state),
  };
}

/** PostgreSQL takes no NUL, and no account has one. */
function filterText(text: string): string | undefined {
  return text === "" ? undefined : text.replaceAll("\0", "\u{fffd}");
}

/** Binds page tokens to the filter, whatever its length. */
function nameOf(filter: AccountFilter): string {
  const values = [filter.externalId, filter.planId, filter.state];
  if (values.every((value) => value === undefined)) return "accounts";
  const digest = createHash("sha256").update(JSON.stringify(values.map((it) => it ?? null)));
  return `accounts ${digest.digest("base64url").slice(0, DIGEST_CHARACTERS)}`;
}

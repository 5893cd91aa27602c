import type { Auth } from "./contract.ts";
import type { AuthHandlers } from "./handlers.ts";
import { requireAccount } from "./require-account.ts";

export function getAccount({ db }: Auth): AuthHandlers["getAccount"] {
  return async ({ accountId }) => ({ account: await requireAccount(db, accountId) });
}

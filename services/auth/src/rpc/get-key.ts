import type { Auth } from "./contract.ts";
import type { AuthHandlers } from "./handlers.ts";
import { requireKey } from "./require-key.ts";

export function getKey({ db }: Auth): AuthHandlers["getKey"] {
  return async ({ accountId, keyId }) => ({ key: await requireKey(db, accountId, keyId) });
}

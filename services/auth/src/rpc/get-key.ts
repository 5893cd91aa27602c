import type { AuthDeps, AuthHandlers } from "./contract.ts";
import { requireKey } from "./require-key.ts";

export function getKey({ db }: AuthDeps): AuthHandlers["getKey"] {
  return async ({ accountId, keyId }) => ({ key: await requireKey(db, accountId, keyId) });
}

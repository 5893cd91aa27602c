import { toKey } from "../store/keys.ts";
import type { AuthDeps, AuthHandlers } from "./contract.ts";
import { requireKey } from "./require-key.ts";

/** Reads a key of an account, without its secret. */
export function getKey({ db }: AuthDeps): AuthHandlers["getKey"] {
  return async ({ accountId, keyId }) => ({ key: toKey(await requireKey(db, accountId, keyId)) });
}

import { AppError } from "@geomesh/runtime/errors";
import { actorOf } from "../store/actor.ts";
import { enableKey as storeEnabling } from "../store/change-keys.ts";
import { requireEtag } from "../store/etag.ts";
import { toKey } from "../store/keys.ts";
import type { AuthDeps, AuthHandlers } from "./contract.ts";
import { requireKey } from "./require-key.ts";
import { requireOpenAccount } from "./require-open-account.ts";

/**
 * Has a disabled key accepted again; an active one stays as it is. Errors: KEY_NOT_FOUND, ETAG_MISMATCH, KEY_NOT_ACTIVE for a revoked
 * key, ACCOUNT_CLOSED.
 */
export function enableKey({ write }: AuthDeps): AuthHandlers["enableKey"] {
  return async ({ accountId, keyId, etag }, call) => {
    const row = await write(actorOf(call), async (changes) => {
      const row = await requireKey(changes.trx, accountId, keyId);
      requireEtag(row, etag);
      if (row.state === "REVOKED") throw revoked();
      await requireOpenAccount(changes.trx, { accountId });
      return row.state === "ACTIVE" ? row : storeEnabling(changes, row);
    });
    return { key: toKey(row) };
  };
}

/** KEY_NOT_ACTIVE for a key that is revoked. */
export const revoked = () => new AppError("KEY_NOT_ACTIVE", { message: "the key is revoked" });

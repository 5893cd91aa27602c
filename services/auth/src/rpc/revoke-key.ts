import { actorOf } from "../store/actor.ts";
import { revokeKey as storeRevocation } from "../store/change-keys.ts";
import { requireEtag } from "../store/etag.ts";
import { toKey } from "../store/keys.ts";
import type { AuthDeps, AuthHandlers } from "./contract.ts";
import { propagationOf } from "./propagation.ts";
import { requireKey } from "./require-key.ts";

/**
 * Revokes a key for ever. A second call changes nothing and answers the same. Errors: KEY_NOT_FOUND, ETAG_MISMATCH,
 * LAST_ADMINISTRATOR.
 */
export function revokeKey({ write }: AuthDeps): AuthHandlers["revokeKey"] {
  return async ({ accountId, keyId, etag }, call) => {
    const row = await write(actorOf(call), async (changes) => {
      const row = await requireKey(changes.trx, accountId, keyId);
      requireEtag(row, etag);
      return row.state === "REVOKED" ? row : storeRevocation(changes, row);
    });
    return { key: toKey(row), propagation: propagationOf(row) };
  };
}

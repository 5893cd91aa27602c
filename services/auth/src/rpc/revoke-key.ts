import { actorOf } from "../store/actor.ts";
import { revokeKey as storeRevocation } from "../store/change-keys.ts";
import { requireEtag } from "../store/etag.ts";
import { toKey } from "../store/keys.ts";
import type { AuthDeps, AuthHandlers } from "./contract.ts";
import { propagationOf } from "./propagation.ts";
import { requireKey } from "./require-key.ts";

/**
 * Revokes a key for ever, and tells how far gateways know of it. A second call changes nothing. Errors: KEY_NOT_FOUND, ETAG_MISMATCH,
 * LAST_ADMINISTRATOR.
 */
export function revokeKey(deps: AuthDeps): AuthHandlers["revokeKey"] {
  return async ({ accountId, keyId, etag, wait }, call) => {
    const row = await deps.write(actorOf(call), async (changes) => {
      const row = await requireKey(changes.trx, accountId, keyId);
      requireEtag(row, etag);
      return row.state === "REVOKED" ? row : storeRevocation(changes, row);
    });
    return { key: toKey(row), propagation: await propagationOf(deps, row, { wait, call }) };
  };
}

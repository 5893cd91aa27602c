import { actorOf } from "../store/actor.ts";
import { disableKey as storeDisabling } from "../store/change-keys.ts";
import { requireEtag } from "../store/etag.ts";
import { toKey } from "../store/keys.ts";
import type { AuthDeps, AuthHandlers } from "./contract.ts";
import { revoked } from "./enable-key.ts";
import { propagationOf } from "./propagation.ts";
import { requireKey } from "./require-key.ts";

/**
 * Has a key refused until it is enabled; a second call changes nothing. Errors: KEY_NOT_FOUND, ETAG_MISMATCH, KEY_NOT_ACTIVE for a
 * revoked key, LAST_ADMINISTRATOR.
 */
export function disableKey(deps: AuthDeps): AuthHandlers["disableKey"] {
  return async ({ accountId, keyId, etag, wait }, call) => {
    const row = await deps.write(actorOf(call), async (changes) => {
      const row = await requireKey(changes.trx, accountId, keyId);
      requireEtag(row, etag);
      if (row.state === "REVOKED") throw revoked();
      return row.state === "DISABLED" ? row : storeDisabling(changes, row);
    });
    return { key: toKey(row), propagation: await propagationOf(deps, row, { wait, call }) };
  };
}

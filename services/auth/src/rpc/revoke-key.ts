import type { Propagation } from "@geomesh/proto/grpc/geomesh/auth/v1/auth_service";
import { AUTH_STALENESS_MS_MAX } from "@geomesh/terms/limits";
import { actorOf } from "../store/actor.ts";
import { revokeKey as storeRevocation, toKey } from "../store/keys.ts";
import type { KeyRow } from "../store/schema.ts";
import type { AuthDeps, AuthHandlers } from "./contract.ts";
import { requireKey } from "./require-key.ts";

/** How long a commit may take, and how old what a beat confirms may be when it arrives. */
const MARGIN_MS = 5_000;

/**
 * Revokes a key for ever. A second call changes nothing and answers the same. `safe_time` assumes gateways with the
 * default AUTH_STALENESS_MAX_MS.
 */
export function revokeKey({ write }: AuthDeps): AuthHandlers["revokeKey"] {
  return async ({ accountId, keyId }, call) => {
    const row = await write(actorOf(call), async (changes) => {
      const row = await requireKey(changes.trx, accountId, keyId);
      return row.state === "REVOKED" ? row : storeRevocation(changes, row);
    });
    return { key: toKey(row), propagation: propagationOf(row) };
  };
}

// A revoked key never changes again, so that its revision is that of the revocation.
function propagationOf({ revision, revoke_time }: KeyRow): Propagation {
  const revokedMs = revoke_time?.getTime() ?? 0;
  return { revision, safeTime: new Date(revokedMs + AUTH_STALENESS_MS_MAX + MARGIN_MS) };
}

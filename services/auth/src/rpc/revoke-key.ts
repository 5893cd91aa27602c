import { Key_State } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { revokeKey as storeRevocation } from "../store/keys.ts";
import type { AuthDeps, AuthHandlers } from "./contract.ts";
import { requireKey } from "./require-key.ts";

/** Revokes a key for ever. A second call changes nothing. */
export function revokeKey({ write }: AuthDeps): AuthHandlers["revokeKey"] {
  return async ({ accountId, keyId }) => {
    const key = await write(async (changes) => {
      const key = await requireKey(changes.trx, accountId, keyId);
      return key.state === Key_State.REVOKED ? key : storeRevocation(changes, keyId);
    });
    return { key };
  };
}

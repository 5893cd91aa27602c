import { Key_State } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { revokeKey as storeRevocation } from "../store/keys.ts";
import type { AuthDeps, AuthHandlers } from "./contract.ts";
import { requireKey } from "./require-key.ts";

export function revokeKey({ write }: AuthDeps): AuthHandlers["revokeKey"] {
  return async ({ accountId, keyId }) => {
    const key = await write(async (changes) => {
      const key = await requireKey(changes.tx, accountId, keyId);
      return key.state === Key_State.REVOKED ? key : storeRevocation(changes, keyId);
    });
    return { key };
  };
}

import type { AuthDeps, AuthHandlers } from "./contract.ts";
import { revokeKey } from "./revoke-key.ts";

/** Revokes a key, as `revokeKey` does: it stays to be read. Errors: those of `revokeKey`. */
export function deleteKey(deps: AuthDeps): AuthHandlers["deleteKey"] {
  return revokeKey(deps);
}

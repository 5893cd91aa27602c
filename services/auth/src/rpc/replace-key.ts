import { actorOf } from "../store/actor.ts";
import { toKey } from "../store/keys.ts";
import { changeKey } from "./change-key.ts";
import { requireField } from "./checks.ts";
import type { AuthDeps, AuthHandlers } from "./contract.ts";

/**
 * Replaces all of a key that its owner chooses. Errors: INVALID_ARGUMENT, KEY_NOT_FOUND, ETAG_MISMATCH, KEY_NOT_ACTIVE,
 * PLAN_FORBIDDEN, LAST_ADMINISTRATOR.
 */
export function replaceKey({ write }: AuthDeps): AuthHandlers["replaceKey"] {
  return async (request, call) => {
    const key = requireField("key", request.key);
    const row = await write(actorOf(call), (changes) =>
      changeKey(changes, { ...request, key }, () => key),
    );
    return { key: toKey(row) };
  };
}

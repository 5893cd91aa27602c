import type { Key } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { applyUpdate, isMaskPath, KEY_CHOICE_FIELDS } from "@geomesh/terms/update-mask";
import { actorOf } from "../store/actor.ts";
import { toKey } from "../store/keys.ts";
import { changeKey } from "./change-key.ts";
import { requireField } from "./checks.ts";
import type { AuthDeps, AuthHandlers } from "./contract.ts";
import type { ResourceRules } from "./resource-rules.ts";
import { maskInvalid } from "./update-mask.ts";

/**
 * Changes the fields of a key that a mask names, or without one those that the request has. What comes of it keeps the rules of a
 * key that replaces another. Errors: those of `replaceKey`.
 */
export function updateKey({ write }: AuthDeps, rules: ResourceRules): AuthHandlers["updateKey"] {
  return async (request, call) => {
    const { updateMask: mask = [] } = request;
    const key = requireField("key", request.key);
    if (!mask.every((path) => isMaskPath(path, KEY_CHOICE_FIELDS)))
      throw maskInvalid(KEY_CHOICE_FIELDS);
    const row = await write(actorOf(call), (changes) =>
      changeKey(changes, { ...request, key }, (row) => {
        const updated: Key = applyUpdate(toKey(row), key, { mask, fields: KEY_CHOICE_FIELDS });
        const after = { ...updated, mode: key.mode };
        rules.key(after);
        return after;
      }),
    );
    return { key: toKey(row) };
  };
}

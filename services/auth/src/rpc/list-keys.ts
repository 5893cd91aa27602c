import { type Key, Key_State } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { KeyMode } from "@geomesh/proto/grpc/geomesh/common/v1/key_mode";
import { readPage } from "@geomesh/runtime/page";
import { isKeyId } from "../store/ids.ts";
import { listKeys as readKeys } from "../store/keys.ts";
import type { KeyRow } from "../store/schema.ts";
import type { AuthDeps, AuthHandlers } from "./contract.ts";
import { requireAccount } from "./require-account.ts";

/** Lists the keys of an account by id, in pages; those of one state or mode where the request names it. */
export function listKeys({ db }: AuthDeps): AuthHandlers["listKeys"] {
  return async (request) => {
    const { accountId } = await requireAccount(db, request.accountId);
    const state = STATES.get(request.state);
    const mode = MODES.get(request.mode);
    const { items, nextPageToken } = await readPage(request, {
      name: ["keys of", accountId, state, mode].filter(Boolean).join(" "),
      idOf: (key: Key) => key.keyId,
      isId: isKeyId,
      read: (afterId, limit) => readKeys(db, { accountId, state, mode }, { afterId, limit }),
    });
    return { keys: items, nextPageToken };
  };
}

const STATES: ReadonlyMap<Key_State, KeyRow["state"]> = new Map([
  [Key_State.ACTIVE, "ACTIVE"],
  [Key_State.DISABLED, "DISABLED"],
  [Key_State.REVOKED, "REVOKED"],
]);
const MODES: ReadonlyMap<KeyMode, KeyRow["mode"]> = new Map([
  [KeyMode.LIVE, "LIVE"],
  [KeyMode.TEST, "TEST"],
]);

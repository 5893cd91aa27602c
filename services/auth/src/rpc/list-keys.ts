import type { Key } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { readPage } from "@geomesh/runtime/page";
import { isKeyId } from "../store/ids.ts";
import { listKeys as readKeys } from "../store/keys.ts";
import type { AuthDeps, AuthHandlers } from "./contract.ts";
import { requireAccount } from "./require-account.ts";

/** Lists the keys of an account by id, in pages; revoked ones too. */
export function listKeys({ db }: AuthDeps): AuthHandlers["listKeys"] {
  return async (request) => {
    const { accountId } = await requireAccount(db, request.accountId);
    const { items, nextPageToken } = await readPage(request, {
      name: `keys of ${accountId}`,
      idOf: (key: Key) => key.keyId,
      isId: isKeyId,
      read: (afterId, limit) => readKeys(db, accountId, afterId, limit),
    });
    return { keys: items, nextPageToken };
  };
}

import type { Key } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { AppError } from "@geomesh/runtime/errors";
import { replaceKey } from "../store/change-keys.ts";
import { requireEtag } from "../store/etag.ts";
import type { ReadKeyRow } from "../store/keys.ts";
import type { KeyRow } from "../store/schema.ts";
import type { Changes } from "../store/write.ts";
import { idProblems, refuseIfAny } from "./checks.ts";
import { keyChoice } from "./key-choice.ts";
import { requireKey } from "./require-key.ts";
import { requireKeyRoom } from "./require-key-room.ts";
import { requireOpenAccount } from "./require-open-account.ts";

/** A request that changes what the owner of a key chooses. */
export interface ChangeKeyRequest {
  readonly accountId: string;
  readonly keyId: string;
  readonly etag: string;
  readonly key: Key;
}

/**
 * Gives a key what `choose` makes of it. One that was revoked or rotated is over and takes no changes; one that only expired may be
 * accepted again, where there is room for it. Errors: INVALID_ARGUMENT, KEY_NOT_FOUND, ETAG_MISMATCH, KEY_NOT_ACTIVE, ACCOUNT_CLOSED, PLAN_FORBIDDEN,
 * LAST_ADMINISTRATOR; those of `choose`.
 */
export async function changeKey(
  changes: Changes,
  request: ChangeKeyRequest,
  choose: (row: ReadKeyRow) => Key,
): Promise<ReadKeyRow> {
  const { trx, commitTime } = changes;
  refuseIfAny([
    ...idProblems("key.key_id", request.key.keyId, request.keyId),
    ...idProblems("key.account_id", request.key.accountId, request.accountId),
  ]);
  const row = await requireKey(trx, request.accountId, request.keyId);
  requireEtag(row, request.etag, request.key.etag);
  if (row.state === "REVOKED" || row.replaced_by_key_id !== null) {
    throw new AppError("KEY_NOT_ACTIVE", { message: "the key is revoked or was rotated" });
  }
  const account = await requireOpenAccount(trx, { accountId: row.account_id });
  const choice = keyChoice(choose(row), { wallMs: commitTime.getTime(), before: row });
  const expireTime = choice.expireTime ?? null;
  if (hasExpired(row, commitTime) && !hasExpired({ expire_time: expireTime }, commitTime)) {
    await requireKeyRoom(changes, account, { isNew: false });
  }
  return replaceKey(changes, row, choice);
}

/** True where a key is not accepted any more because of its end. */
export function hasExpired({ expire_time }: Pick<KeyRow, "expire_time">, now: Date): boolean {
  return expire_time !== null && expire_time <= now;
}

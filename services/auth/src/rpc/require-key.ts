import type { Key } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { AppError } from "@geomesh/runtime/errors";
import { isAccountId, isKeyId } from "../store/ids.ts";
import { findKey } from "../store/keys.ts";
import type { AuthDatabase } from "../store/schema.ts";

/** The account's key. Errors: NOT_FOUND, also for another account's key, so that none can probe for it. */
export async function requireKey(db: AuthDatabase, accountId: string, keyId: string): Promise<Key> {
  const wellFormed = isAccountId(accountId) && isKeyId(keyId);
  const key = wellFormed ? await findKey(db, accountId, keyId) : undefined;
  if (key) return key;
  throw new AppError("KEY_NOT_FOUND", { message: "there is no such key" });
}

import { AppError } from "@geomesh/runtime/errors";
import { isAccountId, isKeyId } from "../store/ids.ts";
import { findKey, type ReadKeyRow } from "../store/keys.ts";
import type { AuthDatabase } from "../store/schema.ts";

/**
 * Reads the row of an account's key. Errors: KEY_NOT_FOUND, also for a malformed id and for a key of another account, so that no
 * caller learns that the key exists.
 */
export async function requireKey(
  db: AuthDatabase,
  accountId: string,
  keyId: string,
): Promise<ReadKeyRow> {
  const isWellFormed = isAccountId(accountId) && isKeyId(keyId);
  const key = isWellFormed ? await findKey(db, accountId, keyId) : undefined;
  if (key === undefined) throw new AppError("KEY_NOT_FOUND");
  return key;
}

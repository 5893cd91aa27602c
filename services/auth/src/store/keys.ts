import { type Key, Key_State } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import type { KeyRecord } from "@geomesh/proto/grpc/geomesh/auth/v1/change";
import { KeyMode } from "@geomesh/proto/grpc/geomesh/common/v1/key_mode";
import { apiKeyHash } from "@geomesh/terms/api-key";
import { etagOf } from "./etag.ts";
import { rateOf } from "./rates.ts";
import type { AuthDatabase, KeyRow } from "./schema.ts";

/** A row of a key with when the key was last used. */
export interface ReadKeyRow extends KeyRow {
  /** Null before the first use. */
  readonly use_time: Date | null;
}

/** The row of an account's key; undefined when the account has no such key. */
export async function findKey(
  db: AuthDatabase,
  accountId: string,
  keyId: string,
): Promise<ReadKeyRow | undefined> {
  const query = selectKeys(db).where("keys.key_id", "=", keyId);
  return query.where("account_id", "=", accountId).executeTakeFirst();
}

/** Counts an account's keys: those neither revoked nor expired `now`, and those created `since` a moment. */
export async function countKeys(
  db: AuthDatabase,
  accountId: string,
  { now, since }: { readonly now: Date; readonly since: Date },
): Promise<{ valid: number; created: number }> {
  const ofAccount = db
    .selectFrom("keys")
    .select(({ fn }) => fn.countAll<string | number | bigint>().as("count"))
    .where("account_id", "=", accountId);
  const valid = await ofAccount
    .where("state", "<>", "REVOKED")
    .where(({ eb, or }) => or([eb("expire_time", "is", null), eb("expire_time", ">", now)]))
    .executeTakeFirstOrThrow();
  const created = await ofAccount.where("create_time", ">", since).executeTakeFirstOrThrow();
  return { valid: Number(valid.count), created: Number(created.count) };
}

/** The row of the key that has this secret, active or not; undefined where there is none. */
export function findKeyBySecret(db: AuthDatabase, secret: string): Promise<KeyRow | undefined> {
  const query = db.selectFrom("keys").selectAll();
  return query.where("secret_sha256", "=", apiKeyHash(secret)).executeTakeFirst();
}

/** Which keys of an account are listed. */
export interface KeyFilter {
  readonly accountId: string;
  /** Default is every state. */
  readonly state?: KeyRow["state"] | undefined;
  /** Default is both modes. */
  readonly mode?: KeyRow["mode"] | undefined;
}

/** At most `limit` keys of an account after an id, by id. */
export async function listKeys(
  db: AuthDatabase,
  { accountId, state, mode }: KeyFilter,
  { afterId, limit }: { readonly afterId: string; readonly limit: number },
): Promise<Key[]> {
  let query = selectKeys(db).where("account_id", "=", accountId);
  if (state !== undefined) query = query.where("state", "=", state);
  if (mode !== undefined) query = query.where("mode", "=", mode);
  const page = query.where("keys.key_id", ">", afterId).orderBy("keys.key_id").limit(limit);
  return (await page.execute()).map(toKey);
}

function selectKeys(db: AuthDatabase) {
  return db
    .selectFrom("keys")
    .leftJoin("key_uses", "key_uses.key_id", "keys.key_id")
    .selectAll("keys")
    .select("key_uses.use_time");
}

/** A row as the contract says it. */
export function toKey(row: KeyRow & Partial<ReadKeyRow>): Key {
  return {
    keyId: row.key_id,
    accountId: row.account_id,
    name: row.name,
    displayPrefix: row.display_prefix,
    scopes: row.scopes,
    mode: KeyMode[row.mode],
    state: Key_State[row.state],
    expireTime: row.expire_time ?? undefined,
    notBeforeTime: row.not_before_time ?? undefined,
    rate: rateOf("rate", row),
    createTime: row.create_time,
    updateTime: row.update_time,
    revokeTime: row.revoke_time ?? undefined,
    allowedCidrs: row.allowed_cidrs,
    allowedOrigins: row.allowed_origins,
    metadata: row.metadata,
    replacedByKeyId: row.replaced_by_key_id ?? undefined,
    lastUsedTime: row.use_time ?? undefined,
    etag: etagOf(row),
  };
}

/** A row as a change says it: the key with the hash of its secret, without what no key is checked by. */
export function toKeyRecord(row: KeyRow): KeyRecord {
  return { key: { ...toKey(row), metadata: {} }, secretSha256: row.secret_sha256 };
}

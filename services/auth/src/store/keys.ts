import { type Key, Key_State } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import type { KeyRecord } from "@geomesh/proto/grpc/geomesh/auth/v1/change";
import { KeyMode } from "@geomesh/proto/grpc/geomesh/common/v1/key_mode";
import { apiKeyHash, apiKeyMode, displayPrefix } from "@geomesh/terms/api-key";
import { etagOf } from "./etag.ts";
import type { Fact } from "./facts.ts";
import { newKeyId } from "./ids.ts";
import { optionalRateColumns, rateOf } from "./rates.ts";
import type { AuthDatabase, KeyRow } from "./schema.ts";
import type { Changes } from "./write.ts";

/** What a new key is made of, beside its secret. */
export type NewKey = Pick<Key, "accountId" | "name" | "scopes"> &
  Partial<Pick<Key, "expireTime" | "notBeforeTime" | "rate">>;

/**
 * Stores an active key of the mode that its secret says. Its account must exist. Of the secret only the hash and the first
 * 12 characters are stored.
 */
export async function insertKey(changes: Changes, key: NewKey, secret: string): Promise<Key> {
  const row: Omit<KeyRow, "revision"> = {
    key_id: newKeyId(),
    account_id: key.accountId,
    name: key.name,
    display_prefix: displayPrefix(secret),
    secret_sha256: apiKeyHash(secret),
    scopes: key.scopes,
    mode: apiKeyMode(secret) === "test" ? "TEST" : "LIVE",
    state: "ACTIVE",
    expire_time: key.expireTime ?? null,
    not_before_time: key.notBeforeTime ?? null,
    ...optionalRateColumns("rate", key.rate),
    create_time: changes.commitTime,
    revoke_time: null,
  };
  const fact: Fact = { kind: "KEY_CREATED", accountId: row.account_id, keyId: row.key_id };
  return changes.add(fact, async (revision) => {
    await changes.trx
      .insertInto("keys")
      .values({ ...row, revision })
      .execute();
    const after = toKey({ ...row, revision });
    await changes.audit({ kind: "key", after });
    return after;
  });
}

/** Revokes an active key of an account for ever. The row stays, so that slow followers hear of it. */
export function revokeKey(changes: Changes, row: KeyRow): Promise<KeyRow> {
  const fact: Fact = { kind: "KEY_REVOKED", accountId: row.account_id, keyId: row.key_id };
  return changes.add(fact, async (revision) => {
    const revoked = await changes.trx
      .updateTable("keys")
      .set({ state: "REVOKED", revoke_time: changes.commitTime, revision })
      .where("key_id", "=", row.key_id)
      .returningAll()
      .executeTakeFirstOrThrow();
    await changes.audit({ kind: "key", before: toKey(row), after: toKey(revoked) });
    return revoked;
  });
}

/** The row of an account's key; undefined when the account has no such key. */
export async function findKey(
  db: AuthDatabase,
  accountId: string,
  keyId: string,
): Promise<KeyRow | undefined> {
  const query = db.selectFrom("keys").selectAll().where("key_id", "=", keyId);
  return query.where("account_id", "=", accountId).executeTakeFirst();
}

/** Counts an account's keys: those neither revoked nor expired `now`, and those created `since` a moment. */
export async function countKeys(
  db: AuthDatabase,
  accountId: string,
  { now, since }: { readonly now: Date; readonly since: Date },
): Promise<{ inForce: number; created: number }> {
  const ofAccount = db
    .selectFrom("keys")
    .select(({ fn }) => fn.countAll<string | number | bigint>().as("count"))
    .where("account_id", "=", accountId);
  const inForce = await ofAccount
    .where("state", "=", "ACTIVE")
    .where(({ eb, or }) => or([eb("expire_time", "is", null), eb("expire_time", ">", now)]))
    .executeTakeFirstOrThrow();
  const created = await ofAccount.where("create_time", ">", since).executeTakeFirstOrThrow();
  return { inForce: Number(inForce.count), created: Number(created.count) };
}

/** True where a key with this secret is stored, active or revoked. */
export async function isSecretKnown(db: AuthDatabase, secret: string): Promise<boolean> {
  const query = db.selectFrom("keys").select("key_id");
  const row = await query.where("secret_sha256", "=", apiKeyHash(secret)).executeTakeFirst();
  return row !== undefined;
}

/** At most `limit` keys of an account after an id, by id; revoked ones too. */
export async function listKeys(
  db: AuthDatabase,
  accountId: string,
  afterId: string,
  limit: number,
): Promise<Key[]> {
  const query = db.selectFrom("keys").selectAll().where("account_id", "=", accountId);
  const page = query.where("key_id", ">", afterId).orderBy("key_id").limit(limit);
  return (await page.execute()).map(toKey);
}

/** A row as the contract says it. */
export function toKey(row: KeyRow): Key {
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
    etag: etagOf(row),
  };
}

/** A row as a change says it: the key with the hash of its secret. */
export function toKeyRecord(row: KeyRow): KeyRecord {
  return { key: toKey(row), secretSha256: row.secret_sha256 };
}

import type { Key } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { apiKeyHash, apiKeyMode, displayPrefix } from "@geomesh/terms/api-key";
import { ADMIN, keepAdministrator } from "./administrators.ts";
import type { Fact } from "./facts.ts";
import { newKeyId } from "./ids.ts";
import { type ReadKeyRow, toKey } from "./keys.ts";
import { optionalRateColumns } from "./rates.ts";
import type { KeyRow } from "./schema.ts";
import type { Changes } from "./write.ts";

/** What the owner of a key chooses. */
export type KeyChoice = Pick<Key, "name" | "scopes"> &
  Partial<
    Pick<
      Key,
      "expireTime" | "notBeforeTime" | "rate" | "allowedCidrs" | "allowedOrigins" | "metadata"
    >
  >;

/** What a new key is made of, beside its secret. */
export type NewKey = KeyChoice &
  Pick<Key, "accountId"> & {
    /** True where the secret came from outside and may come again; default false. */
    readonly isGiven?: boolean;
  };

/**
 * Stores an active key of the mode that its secret says. Its account must exist. Of the secret only the hash and the first
 * 12 characters are stored.
 */
export async function insertKey(changes: Changes, key: NewKey, secret: string): Promise<Key> {
  const columns = { ...choiceColumns(key), ...ofSecret(secret), is_given: key.isGiven ?? false };
  return toKey(await insert(changes, key.accountId, columns));
}

/** What is known of a secret from elsewhere. */
export interface GivenSecret {
  readonly sha256: Buffer;
  /** Up to 12 characters by which people know it. */
  readonly displayPrefix: string;
}

/** Stores an active key whose secret is known by its hash alone. Its account must exist. */
export async function insertGivenKey(
  changes: Changes,
  key: KeyChoice & Pick<Key, "accountId">,
  { sha256, displayPrefix: display_prefix }: GivenSecret,
): Promise<Key> {
  const secret: SecretColumns = { display_prefix, secret_sha256: sha256, mode: "LIVE" };
  const columns = { ...choiceColumns(key), ...secret, is_given: true };
  return toKey(await insert(changes, key.accountId, columns));
}

/** Changes everything that the owner of a key chooses. Errors: LAST_ADMINISTRATOR. */
export function replaceKey(
  changes: Changes,
  row: ReadKeyRow,
  choice: KeyChoice,
): Promise<ReadKeyRow> {
  return update(changes, row, { set: choiceColumns(choice), fact: undefined });
}

/** Has an active key refused until it is enabled. Errors: LAST_ADMINISTRATOR. */
export function disableKey(changes: Changes, row: ReadKeyRow): Promise<ReadKeyRow> {
  return update(changes, row, { set: { state: "DISABLED" }, fact: factOf("KEY_DISABLED", row) });
}

/** Has a disabled key accepted again. */
export function enableKey(changes: Changes, row: ReadKeyRow): Promise<ReadKeyRow> {
  return update(changes, row, { set: { state: "ACTIVE" }, fact: factOf("KEY_ENABLED", row) });
}

/**
 * Revokes a key of an account for ever. The row stays, so that slow followers hear of it. Errors: LAST_ADMINISTRATOR.
 */
export function revokeKey(changes: Changes, row: ReadKeyRow): Promise<ReadKeyRow> {
  const set = { state: "REVOKED", revoke_time: changes.commitTime } as const;
  return update(changes, row, { set, fact: factOf("KEY_REVOKED", row) });
}

/** What a rotation made. */
export interface RotatedKey {
  readonly key: Key;
  readonly replaced: ReadKeyRow;
}

/**
 * Stores a key that has everything of an active one but its secret, and ends the old one at `endTime`, which is no later than its
 * own end; undefined revokes it at once. The new key comes first, so that no follower ever holds neither.
 */
export async function rotateKey(
  changes: Changes,
  row: ReadKeyRow,
  { secret, endTime }: { readonly secret: string; readonly endTime: Date | undefined },
): Promise<RotatedKey> {
  const { rate_requests, rate_per_ns, rate_burst } = row;
  const made = await insert(changes, row.account_id, {
    ...{ name: row.name, scopes: row.scopes, metadata: row.metadata },
    ...{ expire_time: row.expire_time, not_before_time: row.not_before_time },
    ...{ rate_requests, rate_per_ns, rate_burst },
    ...{ allowed_cidrs: row.allowed_cidrs, allowed_origins: row.allowed_origins },
    ...{ ...ofSecret(secret), is_given: false },
  });
  const marked = await update(changes, row, {
    set: { replaced_by_key_id: made.key_id, ...(endTime && { expire_time: endTime }) },
    fact: {
      kind: "KEY_ROTATED",
      ...{ accountId: row.account_id, keyId: row.key_id, newKeyId: made.key_id },
    },
  });
  const replaced = endTime === undefined ? await revokeKey(changes, marked) : marked;
  return { key: toKey(made), replaced };
}

type ChoiceColumns = Omit<
  KeyRow,
  | ("key_id" | "account_id" | "state" | "revision" | "replaced_by_key_id")
  | ("create_time" | "update_time" | "revoke_time")
  | keyof SecretColumns
  | "is_given"
>;
type SecretColumns = Pick<KeyRow, "display_prefix" | "secret_sha256" | "mode">;

async function insert(
  changes: Changes,
  accountId: string,
  columns: ChoiceColumns & SecretColumns & Pick<KeyRow, "is_given">,
): Promise<KeyRow> {
  const { commitTime, trx } = changes;
  const keyId = newKeyId();
  const fact: Fact = { kind: "KEY_CREATED", accountId, keyId };
  return changes.add(fact, async (revision) => {
    const row: KeyRow = {
      ...{ ...columns, key_id: keyId, account_id: accountId, state: "ACTIVE" },
      ...{ create_time: commitTime, update_time: commitTime, revoke_time: null },
      ...{ replaced_by_key_id: null, revision },
    };
    await trx.insertInto("keys").values(row).execute();
    await changes.audit({ kind: "key", after: toKey(row) });
    return row;
  });
}

async function update(
  changes: Changes,
  { use_time, ...row }: ReadKeyRow,
  { set, fact }: { readonly set: Partial<KeyRow>; readonly fact: Fact | undefined },
): Promise<ReadKeyRow> {
  const change = () =>
    changes.add(fact, async (revision) => {
      const updated = await changes.trx
        .updateTable("keys")
        .set({ ...set, update_time: changes.commitTime, revision })
        .where("key_id", "=", row.key_id)
        .returningAll()
        .executeTakeFirstOrThrow();
      await changes.audit({ kind: "key", before: toKey(row), after: toKey(updated) });
      return { ...updated, use_time };
    });
  return row.scopes.includes(ADMIN) ? keepAdministrator(changes, change) : change();
}

function choiceColumns(choice: KeyChoice): ChoiceColumns {
  return {
    name: choice.name,
    scopes: choice.scopes,
    expire_time: choice.expireTime ?? null,
    not_before_time: choice.notBeforeTime ?? null,
    ...optionalRateColumns("rate", choice.rate),
    allowed_cidrs: choice.allowedCidrs ?? [],
    allowed_origins: choice.allowedOrigins ?? [],
    metadata: choice.metadata ?? {},
  };
}

function ofSecret(secret: string): SecretColumns {
  return {
    display_prefix: displayPrefix(secret),
    secret_sha256: apiKeyHash(secret),
    mode: apiKeyMode(secret) === "test" ? "TEST" : "LIVE",
  };
}

function factOf(
  kind: "KEY_REVOKED" | "KEY_DISABLED" | "KEY_ENABLED",
  { account_id, key_id }: KeyRow,
): Fact {
  return { kind, accountId: account_id, keyId: key_id };
}

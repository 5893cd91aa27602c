/** What happened to an account, by ids only. */
export interface AccountFact {
  readonly kind: "ACCOUNT_CREATED" | "ACCOUNT_SUSPENDED" | "ACCOUNT_REACTIVATED" | "ACCOUNT_CLOSED";
  readonly accountId: string;
}

/** What happened to a key, by ids only. */
export interface KeyFact {
  readonly kind: "KEY_CREATED" | "KEY_REVOKED" | "KEY_DISABLED" | "KEY_ENABLED";
  readonly accountId: string;
  readonly keyId: string;
}

/** That a key was replaced by a new one, by ids only. */
export interface RotationFact {
  readonly kind: "KEY_ROTATED";
  readonly accountId: string;
  readonly keyId: string;
  readonly newKeyId: string;
}

/** What happened to an account or a key. A change without one is known to followers alone. */
export type Fact = AccountFact | KeyFact | RotationFact;

/** A fact as the outbox holds it. */
export interface FactColumns {
  readonly fact: Fact["kind"] | null;
  readonly account_id: string | null;
  readonly key_id: string | null;
  readonly new_key_id: string | null;
}

/** The columns of a fact. */
export function factColumns(fact: Fact | undefined): FactColumns {
  if (fact === undefined) return { fact: null, account_id: null, key_id: null, new_key_id: null };
  return {
    fact: fact.kind,
    account_id: fact.accountId,
    key_id: "keyId" in fact ? fact.keyId : null,
    new_key_id: "newKeyId" in fact ? fact.newKeyId : null,
  };
}

/** The fact of a row of the outbox; undefined where the change has none. */
export function factOf(row: FactColumns): Fact | undefined {
  const { fact: kind, account_id: accountId, key_id, new_key_id } = row;
  if (kind === null || accountId === null) return undefined;
  const keyId = key_id ?? "";
  switch (kind) {
    case "ACCOUNT_CREATED":
    case "ACCOUNT_SUSPENDED":
    case "ACCOUNT_REACTIVATED":
    case "ACCOUNT_CLOSED":
      return { kind, accountId };
    case "KEY_ROTATED":
      return { kind, accountId, keyId, newKeyId: new_key_id ?? "" };
    default:
      return { kind, accountId, keyId };
  }
}

import type { OutboxRow } from "./schema.ts";

/** What happened to an account or a key, by ids only. A change without one is known to followers alone. */
export type Fact =
  | { readonly kind: "ACCOUNT_CREATED"; readonly accountId: string }
  | {
      readonly kind: "KEY_CREATED" | "KEY_REVOKED" | "KEY_DISABLED" | "KEY_ENABLED";
      readonly accountId: string;
      readonly keyId: string;
    }
  | {
      readonly kind: "KEY_ROTATED";
      readonly accountId: string;
      readonly keyId: string;
      readonly newKeyId: string;
    };

type FactColumns = Pick<OutboxRow, "fact" | "account_id" | "key_id" | "new_key_id">;

/** A fact as the outbox holds it. */
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
export function factOf({ fact, account_id, key_id, new_key_id }: FactColumns): Fact | undefined {
  if (fact === null || account_id === null) return undefined;
  const accountId = account_id;
  const keyId = key_id ?? "";
  switch (fact) {
    case "ACCOUNT_CREATED":
      return { kind: fact, accountId };
    case "KEY_ROTATED":
      return { kind: fact, accountId, keyId, newKeyId: new_key_id ?? "" };
    default:
      return { kind: fact, accountId, keyId };
  }
}

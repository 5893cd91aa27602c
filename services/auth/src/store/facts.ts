import type { OutboxRow } from "./schema.ts";

/** What happened to an account or a key, by ids only. A change without one is known to followers alone. */
export type Fact =
  | { readonly kind: "ACCOUNT_CREATED"; readonly accountId: string }
  | {
      readonly kind: "KEY_CREATED" | "KEY_REVOKED";
      readonly accountId: string;
      readonly keyId: string;
    };

type FactColumns = Pick<OutboxRow, "fact" | "account_id" | "key_id">;

/** A fact as the outbox holds it. */
export function factColumns(fact: Fact | undefined): FactColumns {
  if (fact === undefined) return { fact: null, account_id: null, key_id: null };
  const key_id = fact.kind === "ACCOUNT_CREATED" ? null : fact.keyId;
  return { fact: fact.kind, account_id: fact.accountId, key_id };
}

/** The fact of a row of the outbox; undefined where the change has none. */
export function factOf({ fact, account_id, key_id }: FactColumns): Fact | undefined {
  if (fact === null || account_id === null) return undefined;
  if (fact === "ACCOUNT_CREATED") return { kind: fact, accountId: account_id };
  return { kind: fact, accountId: account_id, keyId: key_id ?? "" };
}

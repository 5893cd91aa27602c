import { type Account, Account_State } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { keepAdministrator } from "./administrators.ts";
import { etagOf } from "./etag.ts";
import type { Fact } from "./facts.ts";
import { beginAssignment, endAssignment } from "./plan-assignments.ts";
import type { AccountRow, AuthDatabase } from "./schema.ts";
import type { Changes } from "./write.ts";

/** What an operator sets of an account. */
export type AccountContent = Pick<Account, "name" | "planId" | "externalId" | "metadata">;

/** What a new account is made of. */
export type NewAccount = Pick<Account, "accountId" | "name" | "planId" | "externalId"> &
  Partial<Pick<Account, "metadata">>;

/** What accounts a list has; undefined for any. */
export interface AccountFilter {
  readonly externalId: string | undefined;
  readonly planId: string | undefined;
  readonly state: AccountRow["state"] | undefined;
}

/** Stores an active account. Its id must be new, its plan must exist, and its external_id must be free. */
export function insertAccount(changes: Changes, account: NewAccount): Promise<Account> {
  const fact: Fact = { kind: "ACCOUNT_CREATED", accountId: account.accountId };
  return changes.add(fact, async (revision) => {
    const row: AccountRow = {
      account_id: account.accountId,
      name: account.name,
      plan_id: account.planId,
      state: "ACTIVE",
      external_id: account.externalId ?? null,
      metadata: account.metadata ?? {},
      create_time: changes.commitTime,
      update_time: changes.commitTime,
      revision,
    };
    await changes.trx.insertInto("accounts").values(row).execute();
    await beginAssignment(changes, row);
    const after = toAccount(row);
    await changes.audit({ kind: "account", after });
    return after;
  });
}

/** Gives an open account another content. Its plan must exist, and its external_id must be free. */
export async function updateAccount(
  changes: Changes,
  before: Account,
  { name, planId, externalId, metadata }: AccountContent,
): Promise<Account> {
  const columns = { name, plan_id: planId, external_id: externalId ?? null, metadata };
  const after = await storeChange(changes, before, { columns, fact: undefined });
  if (planId !== before.planId) {
    const { accountId } = before;
    await endAssignment(changes, accountId);
    await beginAssignment(changes, { account_id: accountId, plan_id: planId });
  }
  return after;
}

/** Has the keys of an open account refused or accepted. Errors: LAST_ADMINISTRATOR. */
export function setAccountState(
  changes: Changes,
  before: Account,
  state: "ACTIVE" | "SUSPENDED",
): Promise<Account> {
  const kind = state === "ACTIVE" ? "ACCOUNT_REACTIVATED" : "ACCOUNT_SUSPENDED";
  const fact: Fact = { kind, accountId: before.accountId };
  return keepAdministrator(changes, () =>
    storeChange(changes, before, { columns: { state }, fact }),
  );
}

/** Closes an open account for ever. The row stays, so that slow followers hear of it. Errors: LAST_ADMINISTRATOR. */
export function closeAccount(changes: Changes, before: Account): Promise<Account> {
  const fact: Fact = { kind: "ACCOUNT_CLOSED", accountId: before.accountId };
  return keepAdministrator(changes, async () => {
    await endAssignment(changes, before.accountId);
    return storeChange(changes, before, { columns: { state: "CLOSED" }, fact });
  });
}

function storeChange(
  changes: Changes,
  before: Account,
  { columns, fact }: { readonly columns: Partial<AccountRow>; readonly fact: Fact | undefined },
): Promise<Account> {
  return changes.add(fact, async (revision) => {
    const row = await changes.trx
      .updateTable("accounts")
      .set({ ...columns, update_time: changes.commitTime, revision })
      .where("account_id", "=", before.accountId)
      .returningAll()
      .executeTakeFirstOrThrow();
    const after = toAccount(row);
    await changes.audit({ kind: "account", before, after });
    return after;
  });
}

/** The account; undefined when there is none. */
export async function findAccount(
  db: AuthDatabase,
  accountId: string,
): Promise<Account | undefined> {
  const query = db.selectFrom("accounts").selectAll().where("account_id", "=", accountId);
  const row = await query.executeTakeFirst();
  return row && toAccount(row);
}

/** The id of the open account with an external_id; undefined when there is none. */
export async function findByExternalId(
  db: AuthDatabase,
  externalId: string,
): Promise<string | undefined> {
  const query = db.selectFrom("accounts").select("account_id").where("state", "<>", "CLOSED");
  const row = await query.where("external_id", "=", externalId).executeTakeFirst();
  return row?.account_id;
}

/** At most `limit` accounts of those that a list has, after an id, by id. */
export async function listAccounts(
  db: AuthDatabase,
  { externalId, planId, state }: AccountFilter,
  { afterId, limit }: { readonly afterId: string; readonly limit: number },
): Promise<Account[]> {
  let query = db.selectFrom("accounts").selectAll().where("account_id", ">", afterId);
  if (externalId !== undefined) query = query.where("external_id", "=", externalId);
  if (planId !== undefined) query = query.where("plan_id", "=", planId);
  if (state !== undefined) query = query.where("state", "=", state);
  return (await query.orderBy("account_id").limit(limit).execute()).map(toAccount);
}

/** A row as the contract says it. */
export function toAccount(row: AccountRow): Account {
  return {
    accountId: row.account_id,
    name: row.name,
    planId: row.plan_id,
    state: Account_State[row.state],
    externalId: row.external_id ?? undefined,
    createTime: row.create_time,
    updateTime: row.update_time,
    etag: etagOf(row),
    metadata: row.metadata,
  };
}

import { type Account, Account_State } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import { etagOf } from "./etag.ts";
import type { Fact } from "./facts.ts";
import type { AccountRow, AuthDatabase } from "./schema.ts";
import type { Changes } from "./write.ts";

/** What a new account is made of. */
export type NewAccount = Pick<Account, "accountId" | "name" | "planId" | "externalId">;

/** Stores an active account. Its id must be new, and its plan must exist. */
export function insertAccount(changes: Changes, account: NewAccount): Promise<Account> {
  const fact: Fact = { kind: "ACCOUNT_CREATED", accountId: account.accountId };
  return changes.add(fact, async (revision) => {
    const row: AccountRow = {
      account_id: account.accountId,
      name: account.name,
      plan_id: account.planId,
      state: "ACTIVE",
      external_id: account.externalId ?? null,
      create_time: changes.commitTime,
      update_time: changes.commitTime,
      revision,
    };
    await changes.trx.insertInto("accounts").values(row).execute();
    const after = toAccount(row);
    await changes.audit({ kind: "account", after });
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

/** At most `limit` accounts after an id, by id. */
export async function listAccounts(
  db: AuthDatabase,
  afterId: string,
  limit: number,
): Promise<Account[]> {
  const query = db.selectFrom("accounts").selectAll().where("account_id", ">", afterId);
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
  };
}

import { Account_State } from "@geomesh/proto/grpc/geomesh/auth/v1/account";
import type { Change } from "@geomesh/proto/grpc/geomesh/auth/v1/change";
import { QuotaMode } from "@geomesh/proto/grpc/geomesh/common/v1/quota_mode";
import type { NextChanges, Position } from "@geomesh/runtime/follow/change-sink";
import type { Insertable } from "kysely";
import type {
  MeteringDatabase,
  MeteringTransaction,
  PlanRow,
  AccountRow as StoredAccountRow,
} from "../ledger/schema.ts";

type AccountRow = Insertable<StoredAccountRow>;

/** Rows of one statement, far below the number of parameters that PostgreSQL takes. */
const ROWS_AT_ONCE = 500;

/** Up to where every change of auth is applied here. */
export async function readPosition(db: MeteringDatabase): Promise<Position> {
  return toPosition(await selectPosition(db).executeTakeFirstOrThrow());
}

/**
 * Applies changes of accounts and plans, in any order. A record that is held in a newer revision stays.
 * Errors: an Error where another process loaded an earlier state or another history meanwhile.
 */
export async function applyNext(
  db: MeteringDatabase,
  { from, changes, through }: NextChanges<Change>,
): Promise<void> {
  const followed = changes.filter(isFollowed);
  if (followed.length === 0 && through === from.revision) return;
  await db.transaction().execute(async (trx) => {
    const held = await lockPosition(trx);
    if (held.historyId !== from.historyId || held.revision < from.revision) throw heldElsewhere();
    await applyAll(trx, followed);
    if (through !== undefined && through > held.revision) {
      await trx.updateTable("followed_revision").set({ revision: through }).execute();
    }
  });
}

/**
 * Puts these accounts and plans in the place of all that are held.
 * Errors: an Error where what is held is no longer what it was when they were asked for.
 */
export async function replaceAll(
  db: MeteringDatabase,
  from: Position,
  changes: readonly Change[],
  { historyId, revision }: Position,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const held = await lockPosition(trx);
    if (held.historyId !== from.historyId || held.revision !== from.revision) throw heldElsewhere();
    await trx.deleteFrom("accounts").execute();
    await trx.deleteFrom("plans").execute();
    await applyAll(trx, changes);
    const position = { history_id: historyId, revision };
    await trx.updateTable("followed_revision").set(position).execute();
  });
}

/** True for what metering follows: accounts and plans, and no keys. */
export function isFollowed({ record }: Change): boolean {
  return record !== undefined && record.$case !== "key";
}

function selectPosition(db: MeteringDatabase) {
  return db.selectFrom("followed_revision").select(["history_id", "revision"]);
}

async function lockPosition(trx: MeteringTransaction): Promise<Position> {
  return toPosition(await selectPosition(trx).forUpdate().executeTakeFirstOrThrow());
}

function toPosition(row: { history_id: string; revision: bigint }): Position {
  return { historyId: row.history_id, revision: row.revision };
}

/** The follower then begins again, with what the other process holds. */
function heldElsewhere(): Error {
  return new Error("another process loaded accounts and plans meanwhile");
}

/** Applies changes of accounts and plans in any order. A record that is held in a newer revision stays. */
export async function applyAll(db: MeteringDatabase, changes: readonly Change[]): Promise<void> {
  for (const rows of chunks(newestOf(changes.flatMap(accountRow), (row) => row.account_id))) {
    await saveAccounts(db, rows);
  }
  for (const rows of chunks(newestOf(changes.flatMap(planRow), (row) => row.plan_id))) {
    await savePlans(db, rows);
  }
}

function accountRow({ revision, record }: Change): AccountRow[] {
  if (record?.$case !== "account") return [];
  const { accountId, planId, state } = record.value;
  const is_closed = state === Account_State.CLOSED;
  return [{ account_id: accountId, plan_id: planId, is_closed, revision }];
}

function planRow({ revision, record }: Change): PlanRow[] {
  if (record?.$case !== "plan" && record?.$case !== "deletedPlan") return [];
  const { planId, monthlyQuota = 0n, quotaMode } = record.value;
  const quota_mode = quotaMode === QuotaMode.SOFT ? "SOFT" : "HARD";
  return [{ plan_id: planId, monthly_quota: monthlyQuota, quota_mode, revision }];
}

/** One statement cannot change a row twice. */
function newestOf<R extends { revision: bigint }>(rows: readonly R[], idOf: (row: R) => string) {
  const newest = new Map<string, R>();
  for (const row of rows) {
    const known = newest.get(idOf(row));
    if (known === undefined || known.revision < row.revision) newest.set(idOf(row), row);
  }
  return [...newest.values()];
}

function* chunks<R>(rows: readonly R[]): Generator<R[]> {
  for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) yield rows.slice(at, at + ROWS_AT_ONCE);
}

async function saveAccounts(db: MeteringDatabase, rows: readonly AccountRow[]): Promise<void> {
  await db
    .insertInto("accounts")
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .column("account_id")
        .doUpdateSet(({ ref }) => ({
          plan_id: ref("excluded.plan_id"),
          is_closed: ref("excluded.is_closed"),
          revision: ref("excluded.revision"),
        }))
        .whereRef("accounts.revision", "<", "excluded.revision"),
    )
    .execute();
}

async function savePlans(db: MeteringDatabase, rows: readonly PlanRow[]): Promise<void> {
  await db
    .insertInto("plans")
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .column("plan_id")
        .doUpdateSet(({ ref }) => ({
          monthly_quota: ref("excluded.monthly_quota"),
          quota_mode: ref("excluded.quota_mode"),
          revision: ref("excluded.revision"),
        }))
        .whereRef("plans.revision", "<", "excluded.revision"),
    )
    .execute();
}

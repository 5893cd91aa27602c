import type { Change } from "@geomesh/proto/grpc/geomesh/auth/v1/change";
import { toAccount } from "./accounts.ts";
import { toKeyRecord } from "./keys.ts";
import { toPlan } from "./plans.ts";
import type { AuthDatabase } from "./schema.ts";

const ROWS_AT_ONCE_MAX = 500;

/** The plans that changed after a revision, in the order of revisions; deleted ones too. */
export function planChanges(db: AuthDatabase, after: bigint): AsyncGenerator<Change> {
  return readInPages(after, async (revision) => {
    const query = db.selectFrom("plans").selectAll().where("revision", ">", revision);
    const rows = await query.orderBy("revision").limit(ROWS_AT_ONCE_MAX).execute();
    return rows.map((row) => ({
      revision: row.revision,
      record: { $case: row.delete_time === null ? "plan" : "deletedPlan", value: toPlan(row) },
    }));
  });
}

/** The accounts that changed after a revision, in the order of revisions. Nobody who follows needs their metadata. */
export function accountChanges(db: AuthDatabase, after: bigint): AsyncGenerator<Change> {
  return readInPages(after, async (revision) => {
    const query = db.selectFrom("accounts").selectAll().where("revision", ">", revision);
    const rows = await query.orderBy("revision").limit(ROWS_AT_ONCE_MAX).execute();
    return rows.map((row) => ({
      revision: row.revision,
      record: { $case: "account", value: { ...toAccount(row), metadata: {} } },
    }));
  });
}

/** The keys that changed after a revision, in the order of revisions; revoked ones too. */
export function keyChanges(db: AuthDatabase, after: bigint): AsyncGenerator<Change> {
  return readInPages(after, async (revision) => {
    const query = db.selectFrom("keys").selectAll().where("revision", ">", revision);
    const rows = await query.orderBy("revision").limit(ROWS_AT_ONCE_MAX).execute();
    return rows.map((row) => ({
      revision: row.revision,
      record: { $case: "key", value: toKeyRecord(row) },
    }));
  });
}

async function* readInPages(
  after: bigint,
  readPage: (afterRevision: bigint) => Promise<Change[]>,
): AsyncGenerator<Change> {
  let page: Change[];
  do {
    page = await readPage(after);
    yield* page;
    after = page.at(-1)?.revision ?? after;
  } while (page.length === ROWS_AT_ONCE_MAX);
}

import type { Change } from "@geomesh/proto/grpc/geomesh/auth/v1/change";
import { sql } from "kysely";
import { accountChanges, keyChanges, planChanges } from "./changed-rows.ts";
import { type Head, readHead } from "./history.ts";
import { mergeByRevision } from "./merge.ts";
import type { AuthDatabase, AuthTransaction } from "./schema.ts";

/** The records of the database at one moment. */
export interface Snapshot extends Head {
  /** Whoever holds less may take keys for valid that were removed since. */
  readonly floor: bigint;
  /** The records that changed after a revision, as they were at that moment, in the order of revisions. */
  changesAfter(revision: bigint): AsyncIterable<Change>;
}

/**
 * Runs `body` with a snapshot: one repeatable-read transaction, which is read in pages and ends with `body`. Errors: what
 * `body` rejects with; those of the database.
 */
export async function withSnapshot<T>(
  db: AuthDatabase,
  body: (snapshot: Snapshot) => Promise<T>,
): Promise<T> {
  const begin = db.transaction().setIsolationLevel("repeatable read").setAccessMode("read only");
  return begin.execute(async (trx) => {
    // Before the snapshot is taken: a restore that replaces the tables cannot come between it and the reading of a table.
    await sql`LOCK TABLE revision_counter, plans, accounts, keys IN ACCESS SHARE MODE`.execute(trx);
    const head = await readHead(trx);
    const floors = trx.selectFrom("revision_counter").select("floor_revision as floor");
    const { floor } = await floors.executeTakeFirstOrThrow();
    return body({ ...head, floor, changesAfter: (revision) => changesAfter(trx, revision) });
  });
}

function changesAfter(trx: AuthTransaction, revision: bigint): AsyncIterable<Change> {
  const sources = [planChanges, accountChanges, keyChanges];
  return mergeByRevision(sources.map((source) => source(trx, revision)));
}

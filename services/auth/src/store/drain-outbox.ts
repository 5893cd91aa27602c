import { Change } from "@geomesh/proto/grpc/geomesh/auth/v1/change";
import { sql } from "kysely";
import type { AuthDatabase } from "./schema.ts";

const CHANGES_AT_ONCE_MAX = 100;
/** Names the lock of PostgreSQL that lets one process publish at a time; the digits are arbitrary. */
const PUBLISHER_LOCK = 7_203_145_001n;

export interface CommittedChange {
  change: Change;
  commitTime: Date;
}

/**
 * Passes pending changes to `publish` one after another, oldest first, and removes those that it took. Stops at
 * the first that it refuses and throws its error. Returns how many it took, at most 100; 0 when none is left.
 *
 * Only one process does this at a time. Should its connection be cut off meanwhile, the next one starts with a
 * change that may be published already, never behind one that is not: each is removed only after it was taken.
 */
export async function drainOutbox(
  db: AuthDatabase,
  publish: (committed: CommittedChange) => Promise<void>,
): Promise<number> {
  const { taken, failure } = await db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(${PUBLISHER_LOCK})`.execute(tx);
    const query = tx
      .selectFrom("outbox")
      .selectAll()
      .orderBy("revision")
      .limit(CHANGES_AT_ONCE_MAX);
    const taken: bigint[] = [];
    let failure: { error: unknown } | undefined;
    for (const row of await query.execute()) {
      try {
        await publish({ change: Change.decode(row.change), commitTime: row.commit_time });
        taken.push(row.revision);
      } catch (error) {
        failure = { error };
        break;
      }
    }
    if (taken.length > 0) {
      await tx.deleteFrom("outbox").where("revision", "in", taken).execute();
    }
    return { taken, failure };
  });
  if (failure) throw failure.error;
  return taken.length;
}

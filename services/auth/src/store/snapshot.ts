import type { Change } from "@geomesh/proto/grpc/geomesh/auth/v1/change";
import { accountChanges, keyChanges, planChanges } from "./changed-rows.ts";
import { mergeByRevision } from "./merge.ts";
import type { AuthDatabase } from "./schema.ts";
import { readRevision } from "./write.ts";

/** The records of the database at one moment. */
export interface Snapshot {
  /** The newest revision at that moment. */
  readonly revision: bigint;
  /** The records that changed after the given revision, as they were at that moment, in the order of revisions. */
  readonly changes: AsyncIterable<Change>;
}

/**
 * Yields what `read` makes of a snapshot. The snapshot is one repeatable-read transaction that is read in pages, so that
 * memory does not grow with the number of records. It ends when the consumer is done or stops early.
 */
export async function* readSnapshot<T>(
  db: AuthDatabase,
  afterRevision: bigint,
  read: (snapshot: Snapshot) => AsyncIterable<T>,
): AsyncGenerator<T> {
  const begin = db.startTransaction().setIsolationLevel("repeatable read");
  const trx = await begin.setAccessMode("read only").execute();
  try {
    const revision = await readRevision(trx);
    const sources = [planChanges, accountChanges, keyChanges].map((after) =>
      after(trx, afterRevision),
    );
    yield* read({ revision, changes: mergeByRevision(sources) });
  } finally {
    await trx.rollback().execute();
  }
}

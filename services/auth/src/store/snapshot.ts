import type { Change } from "@geomesh/proto/grpc/geomesh/auth/v1/change";
import { accountChanges, keyChanges, planChanges } from "./changed-rows.ts";
import { mergeByRevision } from "./merge.ts";
import type { AuthDatabase } from "./schema.ts";
import { readRevision } from "./write.ts";

/** What the database held at one moment. */
export interface Snapshot {
  /** The newest revision in it. */
  revision: bigint;
  /** Every record that changed after the given revision, by revision, as it stood at that moment. */
  changes: AsyncIterable<Change>;
}

/**
 * Yields what `read` makes of a snapshot: one repeatable-read transaction, read in pages, so that memory stays flat
 * however many records there are. The transaction ends when the consumer is done or stops early.
 */
export async function* readSnapshot<T>(
  db: AuthDatabase,
  afterRevision: bigint,
  read: (snapshot: Snapshot) => AsyncIterable<T>,
): AsyncGenerator<T> {
  const begin = db.startTransaction().setIsolationLevel("repeatable read");
  const tx = await begin.setAccessMode("read only").execute();
  try {
    const revision = await readRevision(tx);
    const sources = [planChanges, accountChanges, keyChanges].map((after) =>
      after(tx, afterRevision),
    );
    yield* read({ revision, changes: mergeByRevision(sources) });
  } finally {
    await tx.rollback().execute();
  }
}

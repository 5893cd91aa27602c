import { Change } from "@geomesh/proto/grpc/geomesh/auth/v1/change";
import { sql } from "kysely";
import type { AuthDatabase, AuthTransaction } from "./schema.ts";

const CHANGES_AT_ONCE_MAX = 100;

/** The advisory lock of PostgreSQL that lets one process publish at a time; the digits are arbitrary. */
const PUBLISHER_LOCK = 7_203_145_001n;

/** A change and the time of its commit. */
export interface CommittedChange {
  readonly change: Change;
  readonly commitTime: Date;
}

/** Publishes one change, and resolves when it is stored. */
export type Publish = (committed: CommittedChange) => Promise<void>;

/**
 * Publishes pending changes one after another, oldest first, and removes those that are published. Answers how many they
 * were, at most 100; 0 when none was pending. Errors: the first that `publish` rejects with, at which it stops.
 *
 * One process does this at a time. When its connection is cut, the next process starts with a change that may be
 * published already, and never behind one that is not: a change is removed only after its publication.
 */
export async function drainOutbox(db: AuthDatabase, publish: Publish): Promise<number> {
  const { published, failure } = await db.transaction().execute(async (trx) => {
    await sql`SELECT pg_advisory_xact_lock(${PUBLISHER_LOCK})`.execute(trx);
    const outcome = await publishPending(trx, publish);
    if (outcome.published.length > 0) {
      await trx.deleteFrom("outbox").where("revision", "in", outcome.published).execute();
    }
    return outcome;
  });
  if (failure) throw failure.error;
  return published.length;
}

/** A failure is returned, not thrown, so that the transaction commits the removal of what is published. */
interface Outcome {
  readonly published: readonly bigint[];
  readonly failure: { readonly error: unknown } | undefined;
}

async function publishPending(trx: AuthTransaction, publish: Publish): Promise<Outcome> {
  const query = trx.selectFrom("outbox").selectAll().orderBy("revision").limit(CHANGES_AT_ONCE_MAX);
  const published: bigint[] = [];
  for (const row of await query.execute()) {
    try {
      await publish({ change: Change.decode(row.change), commitTime: row.commit_time });
    } catch (error) {
      return { published, failure: { error } };
    }
    published.push(row.revision);
  }
  return { published, failure: undefined };
}

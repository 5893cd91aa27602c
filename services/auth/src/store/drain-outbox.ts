import { sql } from "kysely";
import { type Fact, factOf } from "./facts.ts";
import { type Head, readHead } from "./history.ts";
import type { AuthDatabase, AuthTransaction } from "./schema.ts";

const CHANGES_AT_ONCE_MAX = 100;

/** The advisory lock of PostgreSQL that lets one process publish at a time; the digits are arbitrary. */
const PUBLISHER_LOCK = 7_203_145_001n;

/** A fact, and the change that it tells of. */
export interface CommittedFact extends Head {
  readonly fact: Fact;
  readonly commitTime: Date;
}

/** Where pending changes go. */
export interface Publisher {
  /** Hints at the newest change of a batch. It may be lost. */
  hint(newest: Head): void;
  /** Publishes one fact, and resolves when it is stored. */
  publish(fact: CommittedFact): Promise<void>;
}

/**
 * Hints at the newest pending change, publishes the facts one after another, oldest first, and removes what is published.
 * Answers how many changes that were, at most 100; 0 when none was pending. Errors: the first that `publish` rejects with,
 * at which it stops.
 *
 * One process does this at a time. When its connection is cut, the next process starts with a fact that may be published
 * already, and never behind one that is not: a change is removed only after its publication.
 */
export async function drainOutbox(db: AuthDatabase, publisher: Publisher): Promise<number> {
  const { published, failure } = await db.transaction().execute(async (trx) => {
    await lockPublisher(trx);
    const outcome = await publishPending(trx, publisher);
    if (outcome.published.length > 0) {
      await trx.deleteFrom("outbox").where("revision", "in", outcome.published).execute();
    }
    return outcome;
  });
  if (failure) throw failure.error;
  return published.length;
}

/** Waits until no other process publishes, and keeps it so until the transaction ends. */
export async function lockPublisher(trx: AuthTransaction): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(${PUBLISHER_LOCK})`.execute(trx);
}

/** A failure is returned, not thrown, so that the transaction commits the removal of what is published. */
interface Outcome {
  readonly published: readonly bigint[];
  readonly failure: { readonly error: unknown } | undefined;
}

async function publishPending(trx: AuthTransaction, publisher: Publisher): Promise<Outcome> {
  const query = trx.selectFrom("outbox").selectAll().orderBy("revision").limit(CHANGES_AT_ONCE_MAX);
  const rows = await query.execute();
  const newest = rows.at(-1);
  const published: bigint[] = [];
  if (newest === undefined) return { published, failure: undefined };
  const { historyId } = await readHead(trx);
  publisher.hint({ historyId, revision: newest.revision });
  for (const row of rows) {
    const { revision, commit_time: commitTime } = row;
    const fact = factOf(row);
    try {
      if (fact) await publisher.publish({ historyId, revision, fact, commitTime });
    } catch (error) {
      return { published, failure: { error } };
    }
    published.push(revision);
  }
  return { published, failure: undefined };
}

import { Change } from "@geomesh/proto/grpc/geomesh/auth/v1/change";
import type { Clock } from "@geomesh/runtime/clock";
import type { AuthDatabase, AuthTransaction } from "./schema.ts";

/** An account, a plan or a key in a change. */
export type ChangedRecord = NonNullable<Change["record"]>;

/** One transaction that may change records. No other writer runs between its start and its commit. */
export interface Changes {
  readonly trx: AuthTransaction;
  /** The time that records and changes of this transaction bear. */
  readonly commitTime: Date;
  /** Takes the next revision, lets `store` store one record under it, and queues the change for publication. */
  add<R extends ChangedRecord>(store: (revision: bigint) => Promise<R>): Promise<R["value"]>;
}

/** Runs `body` in one transaction, which is rolled back when `body` rejects. */
export type Write = <T>(body: (changes: Changes) => Promise<T>) => Promise<T>;

/** What a writer needs. */
export interface WriterDeps {
  readonly db: AuthDatabase;
  readonly clock: Clock;
  /** Called after each commit that changed something. */
  onCommit(): void;
}

/**
 * Makes a writer. Writers wait for the row of the revision counter and keep it until they commit. So revisions have no
 * gaps and become visible in their order; and as every writer takes this lock first, writers cannot deadlock.
 */
export function createWriter({ db, clock, onCommit }: WriterDeps): Write {
  return async (body) => {
    const { result, hasChanged } = await db.transaction().execute(async (trx) => {
      const before = await lockRevision(trx);
      let revision = before;
      const commitTime = new Date(clock.wallMs());
      const result = await body({
        trx,
        commitTime,
        async add(store) {
          revision += 1n;
          const record = await store(revision);
          const change = Buffer.from(Change.encode({ revision, record }).finish());
          await trx
            .insertInto("outbox")
            .values({ revision, change, commit_time: commitTime })
            .execute();
          return record.value;
        },
      });
      const hasChanged = revision !== before;
      if (hasChanged) await trx.updateTable("revision_counter").set({ revision }).execute();
      return { result, hasChanged };
    });
    if (hasChanged) onCommit();
    return result;
  };
}

async function lockRevision(trx: AuthTransaction): Promise<bigint> {
  const query = trx.selectFrom("revision_counter").select("revision").forUpdate();
  return (await query.executeTakeFirstOrThrow()).revision;
}

/** The newest committed revision that `db` sees. */
export async function readRevision(db: AuthDatabase): Promise<bigint> {
  const query = db.selectFrom("revision_counter").select("revision");
  return (await query.executeTakeFirstOrThrow()).revision;
}

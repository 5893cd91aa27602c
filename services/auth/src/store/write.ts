import { Change } from "@geomesh/proto/grpc/geomesh/auth/v1/change";
import type { Transaction } from "kysely";
import type { AuthDatabase, AuthSchema } from "./schema.ts";

export type ChangedRecord = NonNullable<Change["record"]>;

/** One transaction that may change records. No other writer runs between its start and its commit. */
export interface Changes {
  readonly tx: Transaction<AuthSchema>;
  readonly now: Date;
  /** Takes the next revision, lets `store` put one record with it, and queues that change for publication. */
  add<R extends ChangedRecord>(store: (revision: bigint) => Promise<R>): Promise<R["value"]>;
}

/** Runs `body` in one transaction; what it throws undoes everything. */
export type Write = <T>(body: (changes: Changes) => Promise<T>) => Promise<T>;

export interface WriterOptions {
  db: AuthDatabase;
  now(): Date;
  /** Called after each commit that changed something. */
  onCommit(): void;
}

/**
 * Writers queue up for the row of the revision counter and keep it until they commit. So revisions have no gaps
 * and become visible in their order; and as every writer takes this lock first, writers cannot deadlock.
 */
export function createWriter({ db, now, onCommit }: WriterOptions): Write {
  return async (body) => {
    const { result, changed } = await db.transaction().execute(async (tx) => {
      const before = await lockRevision(tx);
      let revision = before;
      const time = now();
      const result = await body({
        tx,
        now: time,
        async add(store) {
          revision += 1n;
          const record = await store(revision);
          const change = Buffer.from(Change.encode({ revision, record }).finish());
          await tx.insertInto("outbox").values({ revision, change, commit_time: time }).execute();
          return record.value;
        },
      });
      if (revision !== before) await tx.updateTable("revision_counter").set({ revision }).execute();
      return { result, changed: revision !== before };
    });
    if (changed) onCommit();
    return result;
  };
}

async function lockRevision(tx: Transaction<AuthSchema>): Promise<bigint> {
  const query = tx.selectFrom("revision_counter").select("revision").forUpdate();
  return (await query.executeTakeFirstOrThrow()).revision;
}

/** The newest committed revision that `db` sees. */
export async function readRevision(db: AuthDatabase): Promise<bigint> {
  const query = db.selectFrom("revision_counter").select("revision");
  return (await query.executeTakeFirstOrThrow()).revision;
}

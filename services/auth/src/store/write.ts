import type { Clock } from "@geomesh/runtime/clock";
import type { Actor } from "./actor.ts";
import { type Audited, insertAuditEvent } from "./audit.ts";
import { type AuditAddresses, auditedAddress } from "./audit-address.ts";
import { type Fact, factColumns } from "./facts.ts";
import type { AuthDatabase, AuthTransaction } from "./schema.ts";

/** One transaction that may change records. No other writer runs between its start and its commit. */
export interface Changes {
  readonly trx: AuthTransaction;
  /** The time that records and changes of this transaction bear. */
  readonly commitTime: Date;
  /** Takes the next revision, lets `store` store one record under it, and queues the change and its fact for publication. */
  add<R>(fact: Fact | undefined, store: (revision: bigint) => Promise<R>): Promise<R>;
  /** Tells the audit log of what the transaction changes. */
  audit(audited: Audited): Promise<void>;
}

/** Runs `body` in one transaction, which is rolled back when `body` rejects. The audit log names the actor. */
export type Write = <T>(actor: Actor, body: (changes: Changes) => Promise<T>) => Promise<T>;

/** What a writer needs. */
export interface WriterDeps {
  readonly db: AuthDatabase;
  readonly clock: Clock;
  /** How much the audit log holds of the address of whoever makes a change. */
  readonly auditAddresses: AuditAddresses;
  /** Called after each commit that changed something, with the newest revision of that commit. */
  onCommit(revision: bigint): void;
}

/**
 * Makes a writer. Writers wait for the row of the revision counter and keep it until they commit. So revisions have no
 * gaps and become visible in their order; and as every writer takes this lock first, writers cannot deadlock.
 */
export function createWriter(deps: WriterDeps): Write {
  const { db, clock, auditAddresses, onCommit } = deps;
  return async ({ client_address, ...caller }, body) => {
    const actor = { ...caller, client_address: auditedAddress(client_address, auditAddresses) };
    const { result, revision, hasChanged } = await db.transaction().execute(async (trx) => {
      const before = await lockRevision(trx);
      let revision = before;
      const commitTime = new Date(clock.wallMs());
      const result = await body({
        trx,
        commitTime,
        async add(fact, store) {
          revision += 1n;
          const record = await store(revision);
          await trx
            .insertInto("outbox")
            .values({ revision, ...factColumns(fact), commit_time: commitTime })
            .execute();
          return record;
        },
        audit: (audited) => insertAuditEvent(trx, { event_time: commitTime, actor, audited }),
      });
      const hasChanged = revision !== before;
      if (hasChanged) await trx.updateTable("revision_counter").set({ revision }).execute();
      return { result, revision, hasChanged };
    });
    if (hasChanged) onCommit(revision);
    return result;
  };
}

/** Waits for all other writers, keeps them waiting until the transaction ends, and answers the newest revision. */
export async function lockRevision(trx: AuthTransaction): Promise<bigint> {
  const query = trx.selectFrom("revision_counter").select("revision").forUpdate();
  return (await query.executeTakeFirstOrThrow()).revision;
}

import type { AuthTransaction, IdempotencyRecordRow } from "./schema.ts";

/** How long a request with the same `Idempotency-Key` gets the first one's answer: 24 hours, in milliseconds. */
export const RECORD_MS = 24 * 60 * 60 * 1_000;

/** By what a request is known again. */
export type RecordId = Pick<IdempotencyRecordRow, "account_id" | "rpc" | "key_sha256">;

/** The record of an earlier request that is younger than 24 hours; undefined where there is none. */
export async function findRecord(
  trx: AuthTransaction,
  { account_id, rpc, key_sha256 }: RecordId,
  now: Date,
): Promise<IdempotencyRecordRow | undefined> {
  return trx
    .selectFrom("idempotency_records")
    .selectAll()
    .where("account_id", "=", account_id)
    .where("rpc", "=", rpc)
    .where("key_sha256", "=", key_sha256)
    .where("create_time", ">", recordsFrom(now))
    .executeTakeFirst();
}

/** Stores the record of a request, in place of one that is older than 24 hours. */
export async function insertRecord(trx: AuthTransaction, row: IdempotencyRecordRow): Promise<void> {
  const { request_sha256, response, is_sealed, create_time } = row;
  await trx
    .insertInto("idempotency_records")
    .values(row)
    .onConflict((conflict) =>
      conflict
        .columns(["account_id", "rpc", "key_sha256"])
        .doUpdateSet({ request_sha256, response, is_sealed, create_time }),
    )
    .execute();
}

const recordsFrom = (now: Date) => new Date(now.getTime() - RECORD_MS);

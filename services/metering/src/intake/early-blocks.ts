import { UsageRecorded } from "@geomesh/proto/grpc/geomesh/metering/v1/events";
import { sql } from "kysely";
import type { GatewayEpoch } from "../ledger/gateway-epochs.ts";
import type { MeteringDatabase, MeteringTransaction } from "../ledger/schema.ts";
import type { EncodedBlock } from "./count-records.ts";
import { lastSequence } from "./usage-block.ts";

/**
 * Keeps a block that arrived before the one it follows. The gateway's spool holds the same records until the watermark
 * has passed them, so the size of the spool bounds what is kept.
 */
export async function keepEarly(
  trx: MeteringTransaction,
  { block, payload }: EncodedBlock,
): Promise<void> {
  await trx
    .insertInto("early_blocks")
    .values({
      gateway_id: block.gatewayId,
      epoch: block.epoch,
      first_sequence: block.firstSequence,
      last_sequence: lastSequence(block),
      payload: Buffer.from(payload),
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** True while blocks of an epoch are kept. */
export async function hasEarly(
  db: MeteringDatabase,
  { gatewayId, epoch }: GatewayEpoch,
): Promise<boolean> {
  const any = await db
    .selectFrom("early_blocks")
    .select("epoch")
    .where("gateway_id", "=", gatewayId)
    .where("epoch", "=", epoch)
    .limit(1)
    .executeTakeFirst();
  return any !== undefined;
}

/** Removes and returns the first kept block that no gap precedes any more; undefined when there is none. */
export async function takeEarly(
  trx: MeteringTransaction,
  { gatewayId, epoch }: GatewayEpoch,
  watermark: bigint,
): Promise<EncodedBlock | undefined> {
  const { rows } = await sql<{ payload: Buffer }>`
    DELETE FROM early_blocks USING (
      SELECT first_sequence, last_sequence FROM early_blocks
      WHERE gateway_id = ${gatewayId} AND epoch = ${epoch} AND first_sequence <= ${watermark + 1n}
      ORDER BY first_sequence LIMIT 1
    ) AS next
    WHERE gateway_id = ${gatewayId} AND epoch = ${epoch}
      AND early_blocks.first_sequence = next.first_sequence
      AND early_blocks.last_sequence = next.last_sequence
    RETURNING payload`.execute(trx);
  const payload = rows[0]?.payload;
  return payload && { block: UsageRecorded.decode(payload), payload };
}

import { UsageRecorded } from "@geomesh/proto/grpc/geomesh/metering/v1/events";
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
  const first = await trx
    .selectFrom("early_blocks")
    .select(["first_sequence", "last_sequence", "payload"])
    .where("gateway_id", "=", gatewayId)
    .where("epoch", "=", epoch)
    .where("first_sequence", "<=", watermark + 1n)
    .orderBy("first_sequence")
    .limit(1)
    .executeTakeFirst();
  if (first === undefined) return undefined;
  await trx
    .deleteFrom("early_blocks")
    .where("gateway_id", "=", gatewayId)
    .where("epoch", "=", epoch)
    .where("first_sequence", "=", first.first_sequence)
    .where("last_sequence", "=", first.last_sequence)
    .execute();
  const { payload } = first;
  return { block: UsageRecorded.decode(payload), payload };
}

import { sql } from "kysely";
import { countUsage } from "../ledger/count-usage.ts";
import { type GatewayEpoch, lockEpoch } from "../ledger/gateway-epochs.ts";
import type { MeteringDatabase } from "../ledger/schema.ts";

const EPOCHS_MAX = 100;
const NO_RECORDS = { kinds: [], kindIndexes: [] };

/** Records of an epoch that are missing, from the first to the last. */
export interface Gap {
  readonly firstSequence: string;
  readonly lastSequence: string;
}

/** Up to 100 epochs whose gateways never come back, and of which blocks wait behind a gap. */
export async function readForgotten(db: MeteringDatabase): Promise<GatewayEpoch[]> {
  const { rows } = await sql<GatewayEpoch>`
    SELECT DISTINCT gateway_id AS "gatewayId", epoch
    FROM early_blocks JOIN gateway_epochs USING (gateway_id, epoch)
    WHERE is_forgotten LIMIT ${EPOCHS_MAX}`.execute(db);
  return rows;
}

/** Moves the watermark of an epoch past the gap before its first kept block, and tells the gap; undefined where there is none. */
export function loseGap(db: MeteringDatabase, epoch: GatewayEpoch): Promise<Gap | undefined> {
  return db.transaction().execute(async (trx) => {
    const { watermark } = await lockEpoch(trx, epoch, "to-count");
    const { rows } = await sql<{ first: bigint | null }>`
      SELECT min(first_sequence) AS first FROM early_blocks
      WHERE gateway_id = ${epoch.gatewayId} AND epoch = ${epoch.epoch}`.execute(trx);
    const first = rows[0]?.first ?? 0n;
    if (first <= watermark + 1n) return undefined;
    await countUsage(trx, { ...epoch, after: watermark, through: first - 1n }, NO_RECORDS);
    return { firstSequence: `${watermark + 1n}`, lastSequence: `${first - 1n}` };
  });
}

import type { MeteringDatabase } from "./schema.ts";

/** How far the usage of each epoch of a gateway is counted, by epoch. */
export function readWatermarks(
  db: MeteringDatabase,
  gatewayId: string,
): Promise<{ epoch: bigint; sequence: bigint }[]> {
  return db
    .selectFrom("gateway_epochs")
    .select(["epoch", "watermark as sequence"])
    .where("gateway_id", "=", gatewayId)
    .orderBy("epoch")
    .execute();
}

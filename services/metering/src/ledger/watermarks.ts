import type { MeteringDatabase } from "./schema.ts";

/** The sequence up to which the usage of an epoch is counted. */
export interface Watermark {
  readonly epoch: bigint;
  readonly sequence: bigint;
}

/** The watermarks of a gateway, by epoch. */
export function readWatermarks(db: MeteringDatabase, gatewayId: string): Promise<Watermark[]> {
  return db
    .selectFrom("gateway_epochs")
    .select(["epoch", "watermark as sequence"])
    .where("gateway_id", "=", gatewayId)
    .orderBy("epoch")
    .execute();
}

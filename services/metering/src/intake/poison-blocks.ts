import { createHash } from "node:crypto";
import type { UsageRecorded } from "@geomesh/proto/grpc/geomesh/metering/v1/events";
import type { MeteringDatabase } from "../ledger/schema.ts";

/** A block that cannot be counted, and why. `block` is missing when nothing in it can be trusted. */
export interface PoisonBlock {
  readonly payload: Uint8Array;
  readonly problem: string;
  readonly block?: UsageRecorded;
}

/** Stores a block for an operator to look at. The same payload is stored once, however often it comes. */
export async function setAside(
  db: MeteringDatabase,
  { payload, problem, block }: PoisonBlock,
): Promise<void> {
  await db
    .insertInto("poison_blocks")
    .values({
      payload_sha256: createHash("sha256").update(payload).digest(),
      payload: Buffer.from(payload),
      problem,
      gateway_id: block?.gatewayId ?? null,
      epoch: block?.epoch ?? null,
      first_sequence: block?.firstSequence ?? null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

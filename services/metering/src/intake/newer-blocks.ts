import { createHash } from "node:crypto";
import type { MeteringDatabase } from "../ledger/schema.ts";

/**
 * Keeps a block whose format is not known, for a metering that knows it. The same payload is kept once. The gateway's spool
 * holds the same records meanwhile, so the size of the spool bounds what is kept.
 */
export async function keepNewer(
  db: MeteringDatabase,
  payload: Uint8Array,
  format: number,
): Promise<void> {
  await db
    .insertInto("newer_blocks")
    .values({
      payload_sha256: createHash("sha256").update(payload).digest(),
      payload: Buffer.from(payload),
      format: BigInt(format),
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/**
 * Hands over the kept blocks of a format, the oldest first, and removes each once it is taken. Several processes may do so at
 * once: a block that is taken twice counts once. Ends early when the signal aborts.
 */
export async function takeNewer(
  db: MeteringDatabase,
  format: number,
  { take, signal }: { take: (payload: Uint8Array) => Promise<unknown>; signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    const oldest = await db
      .selectFrom("newer_blocks")
      .select(["payload_sha256", "payload"])
      .where("format", "=", BigInt(format))
      .orderBy("stored_at")
      .limit(1)
      .executeTakeFirst();
    if (oldest === undefined) return;
    await take(oldest.payload);
    await db
      .deleteFrom("newer_blocks")
      .where("payload_sha256", "=", oldest.payload_sha256)
      .execute();
  }
}

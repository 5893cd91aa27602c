import type { MeteringDatabase } from "../ledger/schema.ts";

/** Up to where every block of the usage stream is counted in this database, or kept aside. */
export interface UsageReading {
  /** When the stream was made; empty while none was read. */
  readonly streamCreated: string;
  /** The place in the stream, from 1. */
  readonly sequence: number;
}

/** What the database says of itself: a restored one says what held when it was copied. */
export async function readUsageReading(db: MeteringDatabase): Promise<UsageReading> {
  const { stream_created, sequence } = await db
    .selectFrom("usage_reading")
    .select(["stream_created", "sequence"])
    .executeTakeFirstOrThrow();
  return { streamCreated: stream_created, sequence: Number(sequence) };
}

/** Moves the note from one place to another; false, and nothing changes, where it is not at the first. */
export async function moveUsageReading(
  db: MeteringDatabase,
  from: UsageReading,
  to: UsageReading,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable("usage_reading")
    .set({ stream_created: to.streamCreated, sequence: BigInt(to.sequence) })
    .where("stream_created", "=", from.streamCreated)
    .where("sequence", "=", BigInt(from.sequence))
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

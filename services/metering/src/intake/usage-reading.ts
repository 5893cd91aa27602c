import { sql } from "kysely";
import type { MeteringDatabase } from "../ledger/schema.ts";

/** Up to where every block of the usage stream is counted in this database, or kept aside. */
export interface UsageReading {
  /** When the stream was made; empty while none was read. */
  readonly streamCreated: string;
  /** The place in the stream, from 1. */
  readonly sequence: number;
}

/** The note of a database, and which one it is of. */
export interface NotedReading extends UsageReading {
  /**
   * Another one after a crash, a failover, or where the database was made anew: after all that can take away what was committed
   * while the note stays as it was.
   */
  readonly instance: string;
}

const INSTANCE = sql<string>`concat_ws(':', extract(epoch FROM pg_postmaster_start_time()),
  (SELECT oid FROM pg_database WHERE datname = current_database()))`;

/** What the database says of itself: a restored one says what held when it was copied. */
export async function readUsageReading(db: MeteringDatabase): Promise<NotedReading> {
  const { stream_created, sequence, instance } = await db
    .selectFrom("usage_reading")
    .select(["stream_created", "sequence", INSTANCE.as("instance")])
    .executeTakeFirstOrThrow();
  return { streamCreated: stream_created, sequence: Number(sequence), instance };
}

/** Moves the note from one place to another; false, and nothing changes, where it is not that note at the first place. */
export async function moveUsageReading(
  db: MeteringDatabase,
  from: NotedReading,
  to: UsageReading,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable("usage_reading")
    .set({ stream_created: to.streamCreated, sequence: BigInt(to.sequence) })
    .where("stream_created", "=", from.streamCreated)
    .where("sequence", "=", BigInt(from.sequence))
    .where(INSTANCE, "=", from.instance)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

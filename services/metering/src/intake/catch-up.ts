import { coalesced } from "@geomesh/runtime/async/single-flight";
import type { EventBus, ReaderPosition } from "@geomesh/runtime/events/bus";
import type { Log } from "@geomesh/runtime/log";
import { STREAM_NAMES } from "@geomesh/terms/nats";
import type { MeteringDatabase } from "../ledger/schema.ts";
import { moveUsageReading, type NotedReading, readUsageReading } from "./usage-reading.ts";

/** What catching up needs. */
export interface CatchUpDeps {
  readonly db: MeteringDatabase;
  readonly events: Pick<EventBus, "positionOf" | "stored">;
  readonly log: Log;
  /** Counts a message of the stream, unless it is counted. */
  take(payload: Uint8Array): Promise<void>;
}

/** Whose place in the stream is noted, and until when NATS is waited for. */
export interface CatchUpOptions {
  readonly durable: string;
  readonly signal: AbortSignal;
}

/**
 * Makes the function that brings the database up to the reader's place in the stream, and notes the place in the database.
 *
 * The reader's place is kept by NATS and does not go back when the database is restored to an earlier state. The note does:
 * it says up to where the stream is counted _here_, and is never ahead of that. So what lies between the two is read again, at the first call, and when the
 * note is behind what this process knew of it, or of another database; what is counted already does not count again. At the first call of a
 * process nothing tells a restored database from one whose note is a little old, and nothing needs to.
 *
 * It answers where the reader was before.
 *
 * Errors: STREAM_UNAVAILABLE; those of the database. The next call begins where the note is.
 */
export function createCatchUp(
  { db, events, log, take }: CatchUpDeps,
  { durable, signal }: CatchUpOptions,
): () => Promise<ReaderPosition> {
  const stream = STREAM_NAMES.usage;
  let known: NotedReading | undefined;

  return coalesced(async () => {
    // The note first: its reader was there at that time, so that its place is now the same or later.
    const noted = await readUsageReading(db);
    const position = await events.positionOf({ stream, durable }, signal);
    if (known === undefined || isBehind(noted, known)) await readAgain(noted, position);
    const next = {
      instance: noted.instance,
      streamCreated: position.streamCreated,
      sequence: position.acknowledged,
    };
    // It is moved by one process at a time, from where it was read; the others see it when they look next.
    known = (await moveUsageReading(db, noted, next)) ? next : noted;
    return position;
  });

  async function readAgain(noted: NotedReading, position: ReaderPosition): Promise<void> {
    const counted = noted.streamCreated === position.streamCreated ? noted.sequence : 0;
    const from = Math.max(counted + 1, position.first);
    const through = position.delivered;
    if (from > through) return;
    log.info({ from, through }, "reading usage again after the place that the database notes");
    for await (const { raw } of events.stored({ stream, from, through }, signal)) await take(raw);
    log.info({ from, through }, "usage was read again");
  }
}

function isBehind(noted: NotedReading, known: NotedReading): boolean {
  if (noted.instance !== known.instance || noted.streamCreated !== known.streamCreated) return true;
  return noted.sequence < known.sequence;
}

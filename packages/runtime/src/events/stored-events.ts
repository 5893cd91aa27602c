import { type NatsConnection, NatsError, type StoredMsg } from "nats";
import { AppError } from "../errors.ts";
import { readMark } from "./cloud-events.ts";
import type { Connection } from "./connection.ts";
import type { Delivery } from "./consumer.ts";

/** A stream, and a durable reader of it. */
export interface StreamReader {
  readonly stream: string;
  readonly durable: string;
}

/** How far a durable reader is. Places in the stream count from 1; 0 is before the first. */
export interface ReaderPosition {
  /** When the stream was made; another time is another stream, whose places say nothing about this one's. */
  readonly streamCreated: string;
  /** The place of the oldest event that the stream holds. */
  readonly first: number;
  /** The place of the newest event that the stream ever held; 0 before there is one. */
  readonly last: number;
  /** Up to here every event is acknowledged. */
  readonly acknowledged: number;
  /** No event after this place was delivered yet. */
  readonly delivered: number;
}

/** Places of a stream, both included. */
export interface StreamRange {
  readonly stream: string;
  readonly from: number;
  readonly through: number;
}

const CONSUMER_NOT_FOUND = 10014;
const MESSAGE_NOT_FOUND = 10037;
const STREAM_NOT_FOUND = 10059;
const NOTHING = { stream_seq: 0 };

/**
 * How far a durable reader is. One that does not exist has read nothing, and so has one of a stream that does not exist, which
 * was made at the time "". Waits for NATS. Errors: STREAM_UNAVAILABLE.
 */
export async function readPosition(
  connection: Connection,
  { stream, durable }: StreamReader,
  signal: AbortSignal,
): Promise<ReaderPosition> {
  return told(stream, async () => {
    const { streams, consumers } = await manager(connection, signal);
    const found = await unless(STREAM_NOT_FOUND, () => streams.info(stream));
    const reader =
      found && (await unless(CONSUMER_NOT_FOUND, () => consumers.info(stream, durable)));
    const { ack_floor, delivered } = reader ?? { ack_floor: NOTHING, delivered: NOTHING };
    return {
      streamCreated: found?.created ?? "",
      first: found?.state.first_seq ?? 1,
      last: found?.state.last_seq ?? 0,
      acknowledged: ack_floor.stream_seq,
      delivered: delivered.stream_seq,
    };
  });
}

/**
 * The events of a stream in a range, in their order, past any durable reader: nothing is acknowledged. What the stream holds no
 * longer is passed over. Waits for NATS before each event. Errors: STREAM_UNAVAILABLE, also when the signal aborts.
 */
export async function* readStored(
  connection: Connection,
  { stream, from, through }: StreamRange,
  signal: AbortSignal,
): AsyncGenerator<Delivery> {
  for (let seq = from; seq <= through; seq++) {
    const message = await told(stream, async () => {
      const { streams } = await manager(connection, signal);
      return unless(MESSAGE_NOT_FOUND, () => streams.getMessage(stream, { seq }));
    });
    if (message !== undefined) yield deliveryOf(message);
  }
}

function deliveryOf({ header, data, seq: sequence }: StoredMsg): Delivery {
  return { ...readMark({ headers: header }), sequence, redelivered: true, raw: data };
}

async function manager(connection: Connection, signal: AbortSignal) {
  signal.throwIfAborted();
  const { nats }: { nats: NatsConnection } = await connection.whenUp(signal);
  return nats.jetstreamManager({ checkAPI: false });
}

/** Undefined where the server answers with an error of that code. */
async function unless<T>(code: number, ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof NatsError && error.api_error?.err_code === code) return undefined;
    throw error;
  }
}

async function told<T>(stream: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    const message = `the stream ${stream} cannot be read`;
    throw new AppError("STREAM_UNAVAILABLE", { message, cause });
  }
}

import {
  AckPolicy,
  type Consumer,
  type ConsumerAPI,
  type ConsumerConfig,
  DeliverPolicy,
  NatsError,
  nanos,
} from "nats";
import type { Session } from "./connection.ts";

/** A reader of a stream. */
export interface Place {
  readonly stream: string;
  readonly durable: string;
  /** The events that it reads. */
  readonly subject: string;
}

/** How long after its last sign of life a reader loses its message to another. */
export const ACK_WAIT_MS = 3_000;
/** Messages that are delivered or put back for later; with so many, no others are delivered. */
const ACK_PENDING_MAX = 1_000;
const CONSUMER_NOT_FOUND = 10014;

/** Finds the durable consumer, or makes one that starts at the first message. Errors: NatsError without the stream. */
export async function openDurable({ nats, jetstream }: Session, place: Place): Promise<Consumer> {
  const { consumers } = await nats.jetstreamManager({ checkAPI: false });
  await putConsumer(consumers, place);
  return jetstream.consumers.get(place.stream, place.durable);
}

async function putConsumer(consumers: ConsumerAPI, place: Place): Promise<void> {
  const limits = { ack_wait: nanos(ACK_WAIT_MS), max_ack_pending: ACK_PENDING_MAX };
  try {
    await consumers.update(place.stream, place.durable, limits);
  } catch (error) {
    if (!(error instanceof NatsError) || error.api_error?.err_code !== CONSUMER_NOT_FOUND)
      throw error;
    const config: Partial<ConsumerConfig> = {
      ...limits,
      durable_name: place.durable,
      filter_subject: place.subject,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.All,
    };
    await consumers.add(place.stream, config);
  }
}

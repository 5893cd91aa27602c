import { UsageRecorded } from "@geomesh/proto/grpc/geomesh/metering/v1/events";
import { connectEvents, type EventBus } from "@geomesh/runtime/events/bus";
import { defineEvent } from "@geomesh/runtime/events/event";
import { createLog } from "@geomesh/runtime/log";
import { STREAM_NAMES } from "@geomesh/terms/nats";
import { eventually } from "@geomesh/testing/eventually";
import { startTestNats, type TestNats } from "@geomesh/testing/nats";
import { onTestFinished } from "vitest";
import { USAGE_RECORDED } from "../intake/events.ts";
import { startUsageConsumer, type UsageConsumerOptions } from "../intake/usage-consumer.ts";
import { startUsageStream } from "../intake/usage-stream.ts";
import { type Ledger, openLedger } from "./ledger.ts";
import { TEST_TIME } from "./usage.ts";

/** Feeds a ledger, and tells what became of each block. */
export interface StreamReader {
  readonly outcomes: readonly string[];
  close(): Promise<void>;
}

/** A malformed message: a field that is longer than the message. */
export const NOT_PROTOBUF = Buffer.from([0x0a, 0x7f]);

/** A real usage stream that feeds a ledger. */
export interface UsageStream {
  readonly nats: TestNats;
  /** Publishes a block as its gateway does. The same block with another `id` is another message. */
  publish(block: UsageRecorded, id?: string): Promise<void>;
  /** Publishes bytes that need not be a block. */
  publishBytes(bytes: Uint8Array): Promise<void>;
  /** Feeds the ledger; another durable name reads the stream from its start. */
  consume(durable: string, options?: Omit<UsageConsumerOptions, "durable">): StreamReader;
  /** Messages that a reader has not acknowledged. */
  unacknowledged(durable: string): Promise<number>;
  close(): Promise<void>;
}

const LOG = createLog({ service: "metering-test", level: "fatal" });
const rawUsage = defineEvent(USAGE_RECORDED.typeName, {
  encode: (bytes: Uint8Array) => bytes,
  decode: (bytes) => bytes,
});

/** A ledger at the time of tests and the stream that feeds it, until the test is over. */
export async function usageStreamForTest(): Promise<{ ledger: Ledger; stream: UsageStream }> {
  const ledger = await openLedger(TEST_TIME);
  onTestFinished(() => ledger.close());
  const stream = await openUsageStream(ledger);
  onTestFinished(() => stream.close());
  return { ledger, stream };
}

/** Opens a stream on a nats-server of its own. */
export async function openUsageStream({ db, deps }: Ledger): Promise<UsageStream> {
  const nats = await startTestNats();
  const events: EventBus = await connectEvents({ url: nats.url, name: "metering-test", log: LOG });
  const limits = { maxAgeMs: 3_600_000, maxBytes: 2 ** 26 };
  const stream = startUsageStream({ events, log: LOG }, limits);
  const publishBytes = async (bytes: Uint8Array, id: string) => {
    await eventually(() => events.publish(rawUsage, bytes, { id, time: new Date() }));
  };
  let messages = 0;

  return {
    nats,
    publish: (block, id = `${block.gatewayId}.${block.epoch}.${block.firstSequence}`) =>
      publishBytes(UsageRecorded.encode(block).finish(), id),
    publishBytes: (bytes) => publishBytes(bytes, `bytes.${++messages}`),
    consume(durable, options = {}) {
      const outcomes: string[] = [];
      const onOutcome = (outcome: string) => void outcomes.push(outcome);
      const consumer = startUsageConsumer(
        { db, events, clock: deps.clock, log: LOG, onOutcome },
        { durable, ...options },
      );
      return { outcomes, close: () => consumer.close() };
    },
    async unacknowledged(durable) {
      const reader = { stream: STREAM_NAMES.usage, durable };
      const { acknowledged, delivered } = await events.positionOf(reader, AbortSignal.any([]));
      return delivered - acknowledged;
    },
    async close() {
      stream.close();
      await events.close();
      await nats.stop();
    },
  };
}

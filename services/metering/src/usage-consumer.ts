import type { UsageRecorded } from "@geomesh/proto/grpc/geomesh/metering/v1/events";
import type { Delivery, EventBus, Verdict } from "@geomesh/runtime/events/bus";
import type { Log } from "@geomesh/runtime/log";
import { usageRecorded, usageStreamName } from "./events.ts";
import type { MeteringMetrics } from "./metering-metrics.ts";
import { setAside } from "./store/poison-blocks.ts";
import type { MeteringDatabase } from "./store/schema.ts";
import { countBlock } from "./store/usage-blocks.ts";
import { contentProblem, placementProblem } from "./usage-block.ts";

/** When a block that stands after a gap comes again: the gap may be filled by then. */
const gapRetryMs = 1_000;

/**
 * Blocks after a gap that may wait in the stream. More are let go, or they would fill all of the places that the
 * stream has for unacknowledged blocks and keep out the one that fills the gap. None is lost by that: its gateway
 * keeps every block that the watermark has not passed.
 */
export const gapBlocksMax = 32;

/** What counting usage needs. */
export interface UsageConsumerParts {
  readonly db: MeteringDatabase;
  readonly events: EventBus;
  readonly metrics: MeteringMetrics;
  readonly log: Log;
  readonly now: () => Date;
  /** The name of this place in the stream; another one reads the stream from its start. */
  readonly durable?: string;
}

/** Counts the blocks of the usage stream, one after another; each is acknowledged once its transaction is committed. */
export function consumeUsage(parts: UsageConsumerParts): { close(): Promise<void> } {
  const { db, events, metrics, log, now, durable = "metering" } = parts;
  const waiting = new Set<number>();

  async function count(block: UsageRecorded, delivery: Delivery): Promise<Verdict> {
    const misplaced = placementProblem(block);
    if (misplaced !== undefined) return keepAside(delivery, misplaced);
    const problem = contentProblem(block, now().getTime());
    const outcome = await countBlock(db, { block, payload: delivery.raw, problem });
    metrics.countBlock(outcome);
    if (outcome === "gap") return wait(block, delivery);
    waiting.delete(delivery.sequence);
    if (outcome === "set_aside") log.error({ ...nameOf(block), problem }, "usage was set aside");
    return "ack";
  }

  function wait(block: UsageRecorded, { sequence, redelivered }: Delivery): Verdict {
    if (!redelivered) log.warn(nameOf(block), "usage is missing before a block");
    if (waiting.size >= gapBlocksMax && !waiting.has(sequence)) return "ack";
    waiting.add(sequence);
    return { retryAfterMs: gapRetryMs };
  }

  async function keepAside({ raw, sequence }: Delivery, problem: string): Promise<Verdict> {
    await setAside(db, { payload: raw, problem });
    metrics.countBlock("misplaced");
    log.error({ sequence, problem }, "usage of no known place was set aside");
    return "ack";
  }

  return events.consume(
    {
      stream: usageStreamName,
      durable,
      event: usageRecorded,
      onUndecodable: (delivery) => keepAside(delivery, "it does not decode"),
    },
    count,
  );
}

function nameOf({ gatewayId, epoch, firstSequence, records }: UsageRecorded) {
  return {
    gatewayId,
    epoch: `${epoch}`,
    firstSequence: `${firstSequence}`,
    records: records.length,
  };
}

import type { UsageRecorded } from "@geomesh/proto/grpc/geomesh/metering/v1/events";
import type { Delivery, EventBus, Verdict } from "@geomesh/runtime/events/bus";
import type { Log } from "@geomesh/runtime/log";
import type { MeteringDatabase } from "../ledger/schema.ts";
import type { MeteringMetrics } from "../metrics.ts";
import { type BlockOutcome, countBlock } from "./count-block.ts";
import { USAGE_RECORDED, USAGE_STREAM_NAME } from "./events.ts";
import { setAside } from "./poison-blocks.ts";
import { contentProblem, placementProblem } from "./usage-block.ts";

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

/**
 * Counts the blocks of the usage stream, one after another. Each is acknowledged once it is committed, and what it
 * lets be counted of the kept ones as well. While the database is away blocks come again.
 */
export function consumeUsage(parts: UsageConsumerParts): { close(): Promise<void> } {
  const { db, events, metrics, log, now, durable = "metering" } = parts;

  async function count(block: UsageRecorded, delivery: Delivery): Promise<Verdict> {
    const misplaced = placementProblem(block);
    if (misplaced !== undefined) return keepAside(delivery, misplaced);
    const problem = contentProblem(block, now().getTime());
    for await (const outcome of countBlock(db, { block, payload: delivery.raw, problem })) {
      report(block, outcome);
    }
    return "ack";
  }

  function report({ gatewayId, epoch, firstSequence }: UsageRecorded, outcome: BlockOutcome): void {
    metrics.countBlock(outcome);
    const from = { gatewayId, epoch: `${epoch}`, firstSequence: `${firstSequence}` };
    if (outcome === "early") log.warn(from, "usage is missing before a block");
    if (outcome === "set_aside") log.error(from, "usage that cannot be billed was set aside");
  }

  async function keepAside({ raw, sequence }: Delivery, problem: string): Promise<Verdict> {
    await setAside(db, { payload: raw, problem });
    metrics.countBlock("misplaced");
    log.error({ sequence, problem }, "usage of no known place was set aside");
    return "ack";
  }

  return events.consume(
    {
      stream: USAGE_STREAM_NAME,
      durable,
      event: USAGE_RECORDED,
      onUndecodable: (delivery) => keepAside(delivery, "it does not decode"),
    },
    count,
  );
}

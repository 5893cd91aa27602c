import type { UsageRecorded } from "@geomesh/proto/grpc/geomesh/metering/v1/events";
import type { Clock } from "@geomesh/runtime/clock";
import type { Delivery, EventBus, Verdict } from "@geomesh/runtime/events/bus";
import type { Log } from "@geomesh/runtime/log";
import { BLOCK_FORMAT } from "@geomesh/terms/limits";
import { STREAM_NAMES, USAGE_READER_NAME } from "@geomesh/terms/nats";
import type { MeteringDatabase } from "../ledger/schema.ts";
import { type BlockOutcome, countBlock } from "./count-block.ts";
import { USAGE_RECORDED } from "./events.ts";
import { setAside } from "./poison-blocks.ts";
import { placementProblem } from "./usage-block.ts";

/** How long a block of an unknown format waits before it is looked at again. */
const UNKNOWN_FORMAT_MS = 30_000;

/**
 * What became of a message of the stream. A `misplaced` one has no place in the sequence of any gateway; one of an
 * `unknown_format` is left in the stream for a newer metering, and is delivered again.
 */
export type UsageOutcome = BlockOutcome | "misplaced" | "unknown_format";

/** What the usage consumer needs. */
export interface UsageConsumerDeps {
  readonly db: MeteringDatabase;
  readonly events: EventBus;
  readonly clock: Clock;
  readonly log: Log;
  /** Hears each outcome after its commit. */
  onOutcome(outcome: UsageOutcome): void;
}

/** What the caller of the usage consumer may choose. */
export interface UsageConsumerOptions {
  /** The durable name of the reader, default `metering`. A new name reads the stream from its start. */
  readonly durable?: string;
}

/**
 * Counts the blocks of the usage stream, one after another. A block is acknowledged after its commit, and after the
 * commits of the kept blocks that it makes countable. Blocks come again while the database is unavailable.
 */
export function startUsageConsumer(
  deps: UsageConsumerDeps,
  { durable = USAGE_READER_NAME }: UsageConsumerOptions = {},
): { close(): Promise<void> } {
  const { db, events, clock, log, onOutcome } = deps;

  async function count(block: UsageRecorded, delivery: Delivery): Promise<Verdict> {
    if (block.format !== BLOCK_FORMAT) return waitForNewer(block);
    const misplaced = placementProblem(block);
    if (misplaced !== undefined) return setMisplacedAside(delivery, misplaced);
    const arrived = { block, payload: delivery.raw, wallMs: clock.wallMs() };
    for await (const outcome of countBlock(db, arrived)) {
      report(block, outcome);
    }
    return "ack";
  }

  function report({ gatewayId, epoch, firstSequence }: UsageRecorded, outcome: BlockOutcome): void {
    onOutcome(outcome);
    const from = { gatewayId, epoch: `${epoch}`, firstSequence: `${firstSequence}` };
    if (outcome === "early") log.warn(from, "usage is missing before a block");
    if (outcome === "set_aside")
      log.error(from, "records that cannot be billed were set aside with their block");
  }

  function waitForNewer({ gatewayId, epoch, format }: UsageRecorded): Verdict {
    onOutcome("unknown_format");
    log.error(
      { gatewayId, epoch: `${epoch}`, format, known: BLOCK_FORMAT },
      "a block of an unknown format waits in the stream: upgrade metering before the gateways",
    );
    return { retryAfterMs: UNKNOWN_FORMAT_MS };
  }

  async function setMisplacedAside({ raw, sequence }: Delivery, problem: string): Promise<Verdict> {
    await setAside(db, { payload: raw, problem });
    onOutcome("misplaced");
    log.error({ sequence, problem }, "a block that belongs to no gateway was set aside");
    return "ack";
  }

  return events.consume(
    {
      stream: STREAM_NAMES.usage,
      durable,
      event: USAGE_RECORDED,
      onUndecodable: (delivery) => setMisplacedAside(delivery, "it does not decode"),
    },
    count,
  );
}

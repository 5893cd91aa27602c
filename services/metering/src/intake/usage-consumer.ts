import type { UsageRecorded } from "@geomesh/proto/grpc/geomesh/metering/v1/events";
import { pause } from "@geomesh/runtime/async/pause";
import { failureLevel } from "@geomesh/runtime/errors";
import type { Delivery, EventBus, Verdict } from "@geomesh/runtime/events/bus";
import { BLOCK_FORMAT } from "@geomesh/terms/limits";
import { STREAM_NAMES, USAGE_READER_NAME } from "@geomesh/terms/nats";
import { createCatchUp } from "./catch-up.ts";
import { USAGE_RECORDED } from "./events.ts";
import { takeNewer } from "./newer-blocks.ts";
import { createIntake, type TakeDeps } from "./take-block.ts";

const NOTE_MS = 10_000;
const RETRY_MS = 250;

/** What the usage consumer needs. */
export interface UsageConsumerDeps extends TakeDeps {
  readonly events: EventBus;
}

/** What the caller of the usage consumer may choose. */
export interface UsageConsumerOptions {
  /** The durable name of the reader, default `metering`. A new name reads the stream from its start. */
  readonly durable?: string;
  /** The format of blocks that it knows, default the newest. */
  readonly format?: number;
  /** From one look at the place that the database notes to the next, default 10,000. */
  readonly noteMs?: number;
}

/**
 * Counts the blocks of the usage stream, one after another. A block is acknowledged after its commit, and after the
 * commits of the kept blocks that it makes countable. Blocks come again while the database is unavailable.
 *
 * Before the first one, and whenever the database turns out to be behind the place of the reader, the database catches up:
 * also before a block with lost records, since the stream may still have what its gateway has not. So a gap of a forgotten
 * epoch is lost only once all is counted that the stream held at the look before, which a gap needs at least two for.
 */
export function startUsageConsumer(
  deps: UsageConsumerDeps,
  {
    durable = USAGE_READER_NAME,
    format = BLOCK_FORMAT,
    noteMs = NOTE_MS,
  }: UsageConsumerOptions = {},
): { close(): Promise<void> } {
  const { db, events, log } = deps;
  const stopping = new AbortController();
  const { signal } = stopping;
  const intake = createIntake(deps, { format });
  const { takeEncoded: take } = intake;
  const catchUp = createCatchUp({ db, events, log, take }, { durable, signal });
  let isFailing = false;
  /** Where the stream ended at the last look. */
  let endBefore = Number.POSITIVE_INFINITY;

  async function count(block: UsageRecorded, { raw }: Delivery): Promise<Verdict> {
    if (block.kinds.some(({ isLost }) => isLost)) await catchUp();
    await intake.take(block, raw);
    return "ack";
  }

  async function onUndecodable({ raw }: Delivery): Promise<Verdict> {
    await intake.takeUndecodable(raw);
    return "ack";
  }

  /** False where it must be tried again. */
  async function lookAgain(): Promise<boolean> {
    try {
      const { first, last, acknowledged } = await catchUp();
      await takeNewer(db, format, { take, signal });
      // What the stream still has to bring may fill a gap.
      if (Math.max(acknowledged, first - 1) >= endBefore) await intake.closeForgottenGaps();
      endBefore = last;
      isFailing = false;
    } catch (err) {
      if (signal.aborted) return false;
      if (!isFailing) log[failureLevel(err, "warn")]({ err }, "cannot read usage again; trying on");
      isFailing = true;
    }
    return !isFailing;
  }

  async function run(): Promise<void> {
    while (!(await lookAgain()) && !signal.aborted) await pause(RETRY_MS, signal);
    if (signal.aborted) return;
    const reading = { stream: STREAM_NAMES.usage, durable, event: USAGE_RECORDED, onUndecodable };
    const consumer = events.consume(reading, count);
    while (!signal.aborted) {
      await pause(noteMs, signal);
      if (!signal.aborted) await lookAgain();
    }
    await consumer.close();
  }

  const stopped = run();
  return {
    async close() {
      stopping.abort();
      await stopped;
    },
  };
}

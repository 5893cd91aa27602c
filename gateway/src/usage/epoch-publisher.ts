import { rmSync } from "node:fs";
import type { EventBus } from "@geomesh/runtime/events/bus";
import { BLOCK_RECORDS_MAX } from "@geomesh/terms/limits";
import { makeBlock, usageRecorded } from "./block.ts";
import { Reader } from "./reader.ts";
import { listSegments } from "./segment.ts";

/** After so long without progress, what was stored but not committed is sent again; then after twice as long. */
const STALLED_MS_MIN = 5_000;
const STALLED_MS_MAX = 300_000;

export interface EpochPublisherOptions {
  readonly gatewayId: string;
  readonly epoch: bigint;
  readonly dir: string;
  readonly events: Pick<EventBus, "publish">;
  /** The last sequence that may be published now. */
  readonly through: () => bigint;
}

/** Publishes the records of one epoch in order, and deletes them once metering has committed them. */
export class EpochPublisher {
  readonly epoch: bigint;
  readonly #options: EpochPublisherOptions;
  readonly #reader: Reader;
  #committed = 0n;
  #progressAt = performance.now();
  #stalledMs = STALLED_MS_MIN;

  constructor(options: EpochPublisherOptions) {
    this.epoch = options.epoch;
    this.#options = options;
    this.#reader = new Reader(options.dir);
  }

  /** Records that metering has not committed. */
  get uncommitted(): bigint {
    return this.lastSequence > this.#committed ? this.lastSequence - this.#committed : 0n;
  }

  get lastSequence(): bigint {
    return this.#options.through();
  }

  get unpublished(): number {
    return Number(this.#options.through() - this.#reader.nextSequence + 1n);
  }

  /**
   * Publishes all there is now, block by block; what comes meanwhile waits for its own block to be sealed.
   * Errors: AppError unavailable; the same block is sent next time.
   */
  async publishAll(signal: AbortSignal): Promise<void> {
    const { gatewayId, epoch, events } = this.#options;
    const last = this.lastSequence;
    while (this.#reader.nextSequence <= last && !signal.aborted) {
      const first = this.#reader.nextSequence;
      const records = this.#reader.read(BLOCK_RECORDS_MAX, last);
      if (records.length === 0) throw new Error(`record ${first} of epoch ${epoch} is not on disk`);
      const block = makeBlock(gatewayId, epoch, first, records);
      try {
        await events.publish(usageRecorded, block.bytes, block);
      } catch (error) {
        this.#goTo(first);
        throw error;
      }
    }
  }

  /** Takes over how far metering has committed: what is behind that is deleted, what got lost is sent again. */
  committedThrough(sequence: bigint): void {
    const now = performance.now();
    if (sequence > this.#committed) {
      this.#committed = sequence;
      this.#progressAt = now;
      this.#stalledMs = STALLED_MS_MIN;
      this.#goTo(this.#reader.nextSequence);
      this.#deleteCommitted();
    } else if (this.uncommitted === 0n || this.unpublished > 0) {
      this.#progressAt = now;
    } else if (now - this.#progressAt > this.#stalledMs) {
      this.#progressAt = now;
      this.#stalledMs = Math.min(this.#stalledMs * 2, STALLED_MS_MAX);
      this.#goTo(this.#committed + 1n);
    }
  }

  /** Removes an epoch that is over and committed. */
  remove(): void {
    this.close();
    rmSync(this.#options.dir, { recursive: true });
  }

  close(): void {
    this.#reader.close();
  }

  /** What is committed is passed over: it may be deleted already. */
  #goTo(sequence: bigint): void {
    const next = sequence > this.#committed ? sequence : this.#committed + 1n;
    if (next !== this.#reader.nextSequence) this.#reader.seek(next);
  }

  /** A segment ends where the next begins; the last one stays, as it is written to. */
  #deleteCommitted(): void {
    const segments = listSegments(this.#options.dir);
    for (const [i, segment] of segments.entries()) {
      const next = segments[i + 1];
      if (next !== undefined && next.firstSequence <= this.#committed + 1n) rmSync(segment.path);
    }
  }
}

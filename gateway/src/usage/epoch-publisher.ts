import { rmSync } from "node:fs";
import { BackOff } from "@geomesh/runtime/async/back-off";
import type { Clock } from "@geomesh/runtime/clock";
import type { EventBus } from "@geomesh/runtime/events/bus";
import { readBlock, usageRecorded } from "./block.ts";
import type { EpochDir, GatewayEpoch } from "./epochs.ts";
import type { Evidence } from "./evidence.ts";
import { Reader } from "./reader.ts";
import { listSegments } from "./segment.ts";

/** Time without progress after which what was stored but not committed is sent again; it doubles each time. */
const STALLED_MS_MIN = 5_000;
const STALLED_MS_MAX = 300_000;

/** What the publisher of an epoch works with. */
export interface EpochPublisherDeps {
  readonly source: GatewayEpoch & EpochDir;
  readonly evidence: Evidence;
  readonly events: Pick<EventBus, "publish">;
  /** The last sequence that may be published now. */
  readonly through: () => number;
  readonly clock: Clock;
}

/** Publishes the records of one epoch in order, and deletes them once metering has committed them. */
export class EpochPublisher {
  readonly source: GatewayEpoch & EpochDir;
  readonly #deps: EpochPublisherDeps;
  readonly #reader: Reader;
  readonly #stalled = new BackOff({ minMs: STALLED_MS_MIN, maxMs: STALLED_MS_MAX });
  #committed = 0;
  #progressAtMs: number;
  #stalledMs = this.#stalled.nextMs();

  constructor(deps: EpochPublisherDeps) {
    this.source = deps.source;
    this.#deps = deps;
    this.#reader = new Reader(deps.source, deps.evidence);
    this.#progressAtMs = deps.clock.monotonicMs();
  }

  /** Records that metering has not committed. */
  get uncommitted(): number {
    return Math.max(0, this.lastSequence - this.#committed);
  }

  /** The last record of the epoch so far. */
  get lastSequence(): number {
    return this.#deps.through();
  }

  /** Records that may be published and are not. */
  get unpublished(): number {
    return this.#deps.through() - this.#reader.nextSequence + 1;
  }

  /**
   * Publishes all there is now, block by block; what comes meanwhile waits for a later block.
   * Errors: EVENT_NOT_STORED, STREAM_UNAVAILABLE; the same block is sent next time. Those of node:fs.
   */
  async publishAll(signal: AbortSignal): Promise<void> {
    const last = this.lastSequence;
    while (!signal.aborted) {
      const first = this.#reader.nextSequence;
      const block = readBlock(this.#reader, this.source, last);
      if (block === undefined) return;
      try {
        await this.#deps.events.publish(usageRecorded, block.bytes, block);
      } catch (error) {
        this.#goTo(first);
        throw error;
      }
    }
  }

  /**
   * Takes over how far metering has committed: deletes what is behind that, and sends again what got lost. Answers come in the
   * order of their calls, so that a lower one is that of a database that was restored to an earlier state. It may still get
   * the records from the stream: like any others they are sent again once nothing has moved for a while, and those that are
   * deleted are told as lost then.
   */
  committedThrough(sequence: number): void {
    const monotonicMs = this.#deps.clock.monotonicMs();
    if (sequence < this.#committed) {
      this.#committed = sequence;
      this.#progressAtMs = monotonicMs;
    } else if (sequence > this.#committed) {
      this.#committed = sequence;
      this.#progressAtMs = monotonicMs;
      this.#stalled.reset();
      this.#stalledMs = this.#stalled.nextMs();
      this.#goTo(this.#reader.nextSequence);
      this.#deleteCommitted();
    } else if (this.uncommitted === 0 || this.unpublished > 0) {
      this.#progressAtMs = monotonicMs;
    } else if (monotonicMs - this.#progressAtMs > this.#stalledMs) {
      this.#progressAtMs = monotonicMs;
      this.#stalledMs = this.#stalled.nextMs();
      this.#goTo(this.#committed + 1);
    }
  }

  close(): void {
    this.#reader.close();
  }

  /** Moves the reader, but not to a committed record: that may be deleted. */
  #goTo(sequence: number): void {
    const next = sequence > this.#committed ? sequence : this.#committed + 1;
    if (next !== this.#reader.nextSequence) this.#reader.seek(next);
  }

  /** Deletes segments whose records are all committed. The last one stays, as it is written to. */
  #deleteCommitted(): void {
    const segments = listSegments(this.source.dir);
    for (const [i, segment] of segments.entries()) {
      const next = segments[i + 1];
      if (next !== undefined && next.firstSequence <= this.#committed + 1) rmSync(segment.path);
    }
  }
}

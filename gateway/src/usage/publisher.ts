import type { LeaseService } from "@geomesh/proto/es/geomesh/metering/v1/lease_service_pb";
import { singleFlight } from "@geomesh/runtime/async/single-flight";
import type { Clock } from "@geomesh/runtime/clock";
import type { EventBus } from "@geomesh/runtime/events/bus";
import type { EsClient } from "@geomesh/runtime/grpc/client";
import type { Log } from "@geomesh/runtime/log";
import type { Metrics } from "@geomesh/runtime/telemetry/metrics";
import { BLOCK_RECORDS_MAX } from "@geomesh/terms/limits";
import { EpochPublisher } from "./epoch-publisher.ts";
import { registerUsageMetrics } from "./metrics.ts";
import type { RecoveredEpoch, Spool } from "./spool.ts";

/** How long a record waits for others before its block is sealed. */
const SEAL_MS = 100;
const RETRY_MS = 500;
const WATERMARK_MS = 1_000;
/** Longest time that closing publishes for. */
const FLUSH_MS_MAX = 3_000;

/** What the publisher works with. */
export interface PublisherDeps {
  readonly spool: Spool;
  readonly events: Pick<EventBus, "publish">;
  readonly leases: Pick<EsClient<typeof LeaseService>, "listWatermarks" | "releaseLeases">;
  /**
   * Resolves once metering has opened this process's epoch: until then it may run on a copy of the directory of a gateway
   * that lives, whose epochs and sequences are not its own.
   */
  readonly epochOpened: Promise<void>;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly log: Log;
}

/** Sends the spool to metering through the event log, and keeps each record until metering has committed it. */
export interface UsagePublisher {
  /** Publishes what is left, for up to 3 s; the next start publishes the rest. */
  close(): Promise<void>;
}

/** Publishes the spool, this epoch before earlier ones, from when this epoch is open. */
export function startPublisher(deps: PublisherDeps): UsagePublisher {
  const publisher = new Publisher(deps);
  deps.spool.onDurable(() => publisher.wake());
  const { evidence } = deps.spool;
  registerUsageMetrics(deps.metrics, { evidence, uncommitted: () => publisher.uncommitted() });
  void deps.epochOpened.then(() => publisher.begin());
  return publisher;
}

class Publisher {
  readonly #deps: PublisherDeps;
  readonly #own: EpochPublisher;
  readonly #recovered = new Map<EpochPublisher, RecoveredEpoch>();
  readonly #stop = new AbortController();
  readonly #watermarks: NodeJS.Timeout;
  readonly #settle = singleFlight(() => this.#settleOnce());
  #epochs: EpochPublisher[];
  #timer: NodeJS.Timeout | undefined;
  #publishing: Promise<void> | undefined;
  #settling: Promise<void> | undefined;
  #isFailing = false;
  #mayPublish = false;
  #isClosing = false;

  constructor(deps: PublisherDeps) {
    const { spool, events, clock } = deps;
    const { evidence } = spool;
    this.#deps = deps;
    this.#own = new EpochPublisher({
      ...{ source: spool, evidence, events, clock },
      through: () => spool.durableSequence,
    });
    const recovered = spool.recoveredEpochs.map((source) => {
      const through = () => source.lastSequence;
      const publisher = new EpochPublisher({ source, evidence, events, clock, through });
      this.#recovered.set(publisher, source);
      return publisher;
    });
    // Its own first: an old epoch that cannot be read must not delay it.
    this.#epochs = [this.#own, ...recovered];
    this.#watermarks = setInterval(() => {
      this.#settling = this.#settle();
    }, WATERMARK_MS);
  }

  /** Records that metering has not committed, of all epochs. */
  uncommitted(): number {
    return this.#epochs.reduce((sum, epoch) => sum + epoch.uncommitted, 0);
  }

  /** The epoch is open. */
  begin(): void {
    this.#mayPublish = true;
    this.wake();
  }

  /** Publishes a full block at once, and a smaller one after it has waited for more records. */
  wake(): void {
    if (!this.#mayPublish || this.#isClosing || this.#publishing !== undefined || this.#isFailing)
      return;
    if (this.#own.unpublished >= BLOCK_RECORDS_MAX) this.#publishNow();
    else this.#timer ??= setTimeout(() => this.#publishNow(), SEAL_MS);
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#watermarks);
    clearTimeout(this.#timer);
    const late = setTimeout(() => this.#stop.abort(), FLUSH_MS_MAX);
    await this.#publishing;
    await this.#publish();
    clearTimeout(late);
    this.#stop.abort();
    await this.#settling;
    for (const epoch of this.#epochs) epoch.close();
  }

  #publishNow(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#publishing ??= this.#publish().finally(() => {
      this.#publishing = undefined;
      if (this.#isClosing) return;
      if (this.#isFailing) this.#timer = setTimeout(() => this.#publishNow(), RETRY_MS);
      else if (this.#epochs.some(({ unpublished }) => unpublished > 0)) this.wake();
    });
  }

  /** Never rejects. */
  async #publish(): Promise<void> {
    if (!this.#mayPublish) return;
    try {
      for (const epoch of this.#epochs) await epoch.publishAll(this.#stop.signal);
      this.#isFailing = false;
    } catch (err) {
      if (!this.#isFailing)
        this.#deps.log.warn({ err }, "cannot publish usage; it stays in the spool");
      this.#isFailing = true;
    }
  }

  /** Asks how far metering has committed, and deletes what is behind that. Never rejects. */
  async #settleOnce(): Promise<void> {
    if (!this.#mayPublish) return;
    if (this.uncommitted() === 0 && this.#epochs.length === 1) return;
    try {
      const gatewayIds = new Set(this.#epochs.map(({ source }) => source.gatewayId));
      for (const gatewayId of gatewayIds) await this.#settleGateway(gatewayId);
      if (this.#epochs.some(({ unpublished }) => unpublished > 0)) this.wake();
    } catch (err) {
      this.#deps.log.debug({ err }, "cannot read the watermarks of metering");
    }
  }

  /** The same for one identity: a worker that is no more has its own. */
  async #settleGateway(gatewayId: string): Promise<void> {
    const { watermarks } = await this.#deps.leases.listWatermarks({ gatewayId });
    const committed = new Map(watermarks.map(({ epoch, sequence }) => [epoch, sequence]));
    for (const each of this.#epochs.filter(({ source }) => source.gatewayId === gatewayId)) {
      each.committedThrough(Number(committed.get(each.source.epoch) ?? 0n));
      const recovered = this.#recovered.get(each);
      if (recovered !== undefined && each.uncommitted === 0) await this.#end(each, recovered);
    }
  }

  /** Deletes an epoch, after its leases were released: they could not be named afterwards. */
  async #end(publisher: EpochPublisher, recovered: RecoveredEpoch): Promise<void> {
    const { gatewayId, epoch, lastSequence } = recovered;
    const release = { gatewayId, epoch, leaseNumber: 0n, lastSequence: BigInt(lastSequence) };
    await this.#deps.leases.releaseLeases(release);
    this.#epochs = this.#epochs.filter((each) => each !== publisher);
    this.#recovered.delete(publisher);
    publisher.close();
    await this.#deps.spool.remove(recovered);
  }
}

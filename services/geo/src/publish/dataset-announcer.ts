import { randomUUID } from "node:crypto";
import { DatasetChanged } from "@geomesh/proto/grpc/geomesh/geo/v1/events";
import type { Dataset } from "@geomesh/proto/grpc/geomesh/geo/v1/geo_service";
import type { EventBus } from "@geomesh/runtime/events/bus";
import { grpcEvent } from "@geomesh/runtime/events/event";

export const DATASET_CHANGED = grpcEvent("geomesh.geo.v1.DatasetChanged", DatasetChanged);

const DATASET_STREAM = {
  name: "GEO",
  events: [DATASET_CHANGED],
  maxAgeMs: 30 * 24 * 3600 * 1000,
  maxBytes: 16 * 1024 * 1024,
};

const PENDING_MAX = 100;
const RETRY_MS = 1000;

/**
 * Publishes DatasetChanged, in order, as soon as the event log takes it. Lookups never wait for it:
 * while the log is away the latest changes are kept, at most `pendingMax`.
 */
export class DatasetAnnouncer {
  readonly #bus: EventBus;
  readonly #pending: { dataset: Dataset; id: string; time: Date }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isPublishing = false;
  readonly #closing = new AbortController();

  constructor(bus: EventBus) {
    this.#bus = bus;
    bus.ensureStream({ ...DATASET_STREAM, signal: this.#closing.signal }).catch(() => undefined);
  }

  announce(dataset: Dataset): void {
    this.#pending.push({ dataset, id: randomUUID(), time: new Date() });
    if (this.#pending.length > PENDING_MAX) this.#pending.shift();
    void this.#publish();
  }

  close(): void {
    this.#closing.abort();
    clearTimeout(this.#timer);
  }

  async #publish(): Promise<void> {
    if (this.#isPublishing || this.#closing.signal.aborted) return;
    this.#isPublishing = true;
    try {
      for (let next = this.#pending[0]; next !== undefined; next = this.#pending[0]) {
        const { dataset, id, time } = next;
        await this.#bus.publish(DATASET_CHANGED, { dataset }, { id, time });
        if (this.#pending[0] === next) this.#pending.shift();
      }
    } catch {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => void this.#publish(), RETRY_MS).unref();
    } finally {
      this.#isPublishing = false;
    }
  }
}

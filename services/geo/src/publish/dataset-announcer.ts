import { randomUUID } from "node:crypto";
import { DatasetChanged } from "@geomesh/proto/grpc/geomesh/geo/v1/events";
import type { Dataset } from "@geomesh/proto/grpc/geomesh/geo/v1/geo_service";
import { BackOff } from "@geomesh/runtime/async/back-off";
import type { Clock } from "@geomesh/runtime/clock";
import type { EventBus } from "@geomesh/runtime/events/bus";
import { grpcEvent } from "@geomesh/runtime/events/event";

/** A dataset started to serve. */
export const DATASET_CHANGED = grpcEvent("geomesh.geo.v1.DatasetChanged", DatasetChanged);

const PENDING_MAX = 100;
const RETRY = { minMs: 1_000, maxMs: 10_000, jitter: 0.2 };

/** What the announcer works with. */
export interface DatasetAnnouncerDeps {
  readonly bus: EventBus;
  readonly clock: Clock;
}

/** Publishes DatasetChanged. */
export interface DatasetAnnouncer {
  /** Returns at once. While NATS is unavailable the latest 100 datasets wait. */
  announce(dataset: Dataset): void;
  close(): void;
}

/**
 * Starts to publish DatasetChanged for each announced dataset, in order, as soon as NATS takes it: auth sets up the stream.
 */
export function startDatasetAnnouncer({ bus, clock }: DatasetAnnouncerDeps): DatasetAnnouncer {
  const pending: { dataset: Dataset; id: string; time: Date }[] = [];
  const closing = new AbortController();
  const backOff = new BackOff(RETRY);
  let retry: NodeJS.Timeout | undefined;
  let isPublishing = false;

  const publish = async () => {
    if (isPublishing || closing.signal.aborted) return;
    isPublishing = true;
    try {
      for (let next = pending[0]; next !== undefined; next = pending[0]) {
        const { dataset, id, time } = next;
        await bus.publish(DATASET_CHANGED, { dataset }, { id, time });
        backOff.reset();
        if (pending[0] === next) pending.shift();
      }
    } catch {
      clearTimeout(retry);
      if (!closing.signal.aborted) retry = setTimeout(() => void publish(), backOff.nextMs());
    } finally {
      isPublishing = false;
    }
  };

  return {
    announce(dataset) {
      pending.push({ dataset, id: randomUUID(), time: new Date(clock.wallMs()) });
      if (pending.length > PENDING_MAX) pending.shift();
      void publish();
    },
    close() {
      closing.abort();
      clearTimeout(retry);
    },
  };
}

import { DatasetChanged } from "@geomesh/proto/grpc/geomesh/geo/v1/events";
import type { EventBus } from "@geomesh/runtime/events/bus";
import { grpcEvent } from "@geomesh/runtime/events/event";
import { STREAM_NAMES } from "@geomesh/terms/nats";

const DATASET_STREAM = {
  name: STREAM_NAMES.datasets,
  events: [grpcEvent("geomesh.geo.v1.DatasetChanged", DatasetChanged)],
  maxAgeMs: 30 * 24 * 60 * 60 * 1000,
  maxBytes: 16 * 1024 * 1024,
};

/**
 * Creates the stream that geo publishes to, as soon as NATS is available. Geo may not set up streams, since whoever may can
 * have NATS copy anything to anywhere (decision 10).
 */
export function startDatasetStream(events: EventBus): { close(): void } {
  const stopping = new AbortController();
  events.ensureStream({ ...DATASET_STREAM, signal: stopping.signal }).catch(() => undefined);
  return { close: () => stopping.abort() };
}

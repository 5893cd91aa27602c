import {
  DiscardPolicy,
  type NatsConnection,
  NatsError,
  nanos,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from "nats";
import type { EventType } from "./event.ts";

/** A JetStream stream: some events, for some time, at most so many bytes. The oldest go first. */
export interface StreamSpec {
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: a stream holds events of several types
  readonly events: readonly EventType<any>[];
  readonly maxAgeMs: number;
  readonly maxBytes: number;
  /** Default 1. */
  readonly replicas?: number;
}

const DUPLICATE_WINDOW_MS = 120_000;
const STREAM_NOT_FOUND = 10059;

/** Creates the stream, or gives it these limits. Doing it again changes nothing. */
export async function putStream(nats: NatsConnection, spec: StreamSpec): Promise<void> {
  const manager = await nats.jetstreamManager();
  const limits: Partial<StreamConfig> = {
    subjects: spec.events.map(({ typeName }) => typeName),
    max_age: nanos(spec.maxAgeMs),
    max_bytes: spec.maxBytes,
    num_replicas: spec.replicas ?? 1,
    duplicate_window: nanos(Math.min(DUPLICATE_WINDOW_MS, spec.maxAgeMs)),
  };
  try {
    await manager.streams.update(spec.name, limits);
  } catch (error) {
    if (!isStreamMissing(error)) throw error;
    await manager.streams.add({
      ...limits,
      name: spec.name,
      retention: RetentionPolicy.Limits,
      discard: DiscardPolicy.Old,
      storage: StorageType.File,
    });
  }
}

function isStreamMissing(error: unknown): boolean {
  return error instanceof NatsError && error.api_error?.err_code === STREAM_NOT_FOUND;
}

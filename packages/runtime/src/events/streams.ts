import {
  DiscardPolicy,
  type NatsConnection,
  NatsError,
  nanos,
  RetentionPolicy,
  StorageType,
} from "nats";
import { pause } from "../async/pause.ts";
import { singleFlight } from "../async/single-flight.ts";
import { AppError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Connection } from "./connection.ts";
import type { EventType } from "./event.ts";

/** A JetStream stream: which events it holds, how long, and how many bytes. The oldest go first. */
export interface StreamSpec {
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: a stream holds events of several types
  readonly events: readonly EventType<any>[];
  readonly maxAgeMs: number;
  readonly maxBytes: number;
  /** Default 1. */
  readonly replicas?: number;
}

const RETRY_MS = 250;
const DUPLICATE_WINDOW_MS = 120_000;
const STREAM_NOT_FOUND = 10059;

/** The streams that must exist, also after NATS lost its storage. */
export class Streams {
  readonly #connection: Connection;
  readonly #log: Log;
  readonly #specs = new Map<string, StreamSpec>();

  constructor(connection: Connection, log: Log) {
    this.#connection = connection;
    this.#log = log;
  }

  /** Resolves when the stream is as specified. Errors: STREAM_UNAVAILABLE when the signal aborts before. */
  async ensure(spec: StreamSpec, signal: AbortSignal): Promise<void> {
    this.#specs.set(spec.name, spec);
    const ended = AbortSignal.any([signal, this.#connection.closing]);
    for (let isFirst = true; ; isFirst = false) {
      try {
        const { nats } = await this.#connection.whenUp(ended);
        return await putStream(nats, spec);
      } catch (cause) {
        if (ended.aborted) throw unavailable(spec, cause);
        if (isFirst) this.#log.warn({ err: cause, stream: spec.name }, "the stream is not ready");
        await pause(RETRY_MS, ended);
      }
    }
  }

  /** Makes the streams that were ensured before and are missing now. Never rejects. */
  readonly restore = singleFlight(async () => {
    const { closing } = this.#connection;
    const all = [...this.#specs.values()].map((spec) => this.ensure(spec, closing));
    await Promise.allSettled(all);
  });
}

async function putStream(nats: NatsConnection, spec: StreamSpec): Promise<void> {
  const { streams } = await nats.jetstreamManager({ checkAPI: false });
  const limits = {
    subjects: spec.events.map(({ filter }) => filter),
    max_age: nanos(spec.maxAgeMs),
    max_bytes: spec.maxBytes,
    num_replicas: spec.replicas ?? 1,
    duplicate_window: nanos(Math.min(DUPLICATE_WINDOW_MS, spec.maxAgeMs)),
  };
  try {
    await streams.update(spec.name, limits);
  } catch (error) {
    if (!(error instanceof NatsError) || error.api_error?.err_code !== STREAM_NOT_FOUND)
      throw error;
    const [retention, discard] = [RetentionPolicy.Limits, DiscardPolicy.Old];
    await streams.add({
      ...limits,
      name: spec.name,
      retention,
      discard,
      storage: StorageType.File,
    });
  }
}

function unavailable({ name }: StreamSpec, cause: unknown): AppError {
  const message = `the stream ${name} is unavailable`;
  return new AppError("STREAM_UNAVAILABLE", { message, cause });
}

import { AppError } from "../errors.ts";
import type { Log } from "../log.ts";
import { cloudEventHeaders, type EventMark } from "./cloud-events.ts";
import { Connection, pause } from "./connection.ts";
import { type ConsumeOptions, type Handle, StreamConsumer } from "./consumer.ts";
import type { EventType } from "./event.ts";
import { putStream, type StreamSpec } from "./streams.ts";

export type { ConsumeOptions, Delivery, Verdict } from "./consumer.ts";
export type { StreamSpec } from "./streams.ts";

const ENSURE_RETRY_MS = 250;

/** Something that goes on until it is closed. */
export interface Subscription {
  close(): void;
}

/** The event log. Everything on it survives the loss of NATS and goes on when it is back. */
export class EventBus {
  readonly #connection: Connection;
  readonly #source: string;
  readonly #log: Log;
  readonly #streams = new Map<string, StreamSpec>();

  constructor(connection: Connection, source: string, log: Log) {
    this.#connection = connection;
    this.#source = source;
    this.#log = log;
    // A server may come back without its storage.
    connection.onStatus((connected) => {
      if (connected) void this.#restoreStreams();
    });
  }

  get connected(): boolean {
    return this.#connection.connected;
  }

  /** Calls the listener on each loss and return of the connection. */
  onStatus(listener: (connected: boolean) => void): Subscription {
    return this.#connection.onStatus(listener);
  }

  /**
   * Publishes to the stream that holds the event, and waits until it is stored. The same id again is stored once
   * within two minutes. Errors: AppError unavailable when it was not stored in `timeoutMs` (default 2,000).
   */
  async publish<T>(
    event: EventType<T>,
    message: T,
    options: EventMark & { timeoutMs?: number },
  ): Promise<{ duplicate: boolean }> {
    const nats = this.#connection.current;
    if (nats === undefined || !this.connected) throw notStored(event);
    try {
      const { duplicate } = await nats.jetstream().publish(event.typeName, event.encode(message), {
        msgID: options.id,
        headers: cloudEventHeaders(event.typeName, this.#source, options),
        timeout: options.timeoutMs ?? 2_000,
      });
      return { duplicate };
    } catch (cause) {
      throw notStored(event, cause);
    }
  }

  /** Tells whoever listens now; nobody stores it. Lost while NATS is away. */
  announce<T>(event: EventType<T>, message: T): void {
    if (this.connected) this.#connection.current?.publish(event.typeName, event.encode(message));
  }

  /** Hears events from now on, those of streams as well. What the handler throws is logged. */
  subscribe<T>(event: EventType<T>, handler: (message: T) => void): Subscription {
    let stop: (() => void) | undefined;
    let closed = false;
    this.#connection.first.then(
      (nats) => {
        if (closed) return;
        const subscription = nats.subscribe(event.typeName, {
          callback: (_error, message) => this.#hear(event, message.data, handler),
        });
        stop = () => subscription.unsubscribe();
      },
      () => undefined,
    );
    return {
      close: () => {
        closed = true;
        stop?.();
      },
    };
  }

  /** Reads a stream, each event until it is acknowledged, one after another. */
  consume<T>(options: ConsumeOptions<T>, handle: Handle<T>): { close(): Promise<void> } {
    return new StreamConsumer(this.#connection, options, handle, this.#log);
  }

  /**
   * Makes sure that a stream exists with these limits, now and whenever NATS comes back. Waits for NATS until the
   * signal aborts. Errors: AppError unavailable.
   */
  async ensureStream({ signal, ...spec }: StreamSpec & { signal?: AbortSignal }): Promise<void> {
    this.#streams.set(spec.name, spec);
    const ended = () => signal?.aborted || this.#connection.closing.aborted;
    for (;;) {
      const nats = this.#connection.current;
      try {
        if (nats !== undefined && this.connected) return await putStream(nats, spec);
      } catch (err) {
        this.#log.debug({ err, stream: spec.name }, "the stream is not there yet");
      }
      if (ended()) throw new AppError("unavailable", "STREAM_UNAVAILABLE", "the event log is away");
      await pause(ENSURE_RETRY_MS, signal).done;
    }
  }

  /** Sends what is buffered, for 2 s at most. */
  close(): Promise<void> {
    return this.#connection.close();
  }

  #hear<T>(event: EventType<T>, bytes: Uint8Array, handler: (message: T) => void): void {
    try {
      handler(event.decode(bytes));
    } catch (err) {
      this.#log.error({ err, event: event.typeName }, "an event was not handled");
    }
  }

  async #restoreStreams(): Promise<void> {
    for (const spec of this.#streams.values()) {
      await this.ensureStream(spec).catch((err) =>
        this.#log.warn({ err, stream: spec.name }, "the stream could not be restored"),
      );
    }
  }
}

export interface ConnectOptions {
  readonly url: string;
  /** Names the connection, and the source of its events. */
  readonly name: string;
  readonly log: Log;
}

/** Answers at once; the connection is made in the background, and again whenever it is lost. */
export async function connectEvents({ url, name, log }: ConnectOptions): Promise<EventBus> {
  return new EventBus(new Connection(url, name, log), name, log);
}

function notStored<T>({ typeName }: EventType<T>, cause?: unknown): AppError {
  return new AppError("unavailable", "EVENT_NOT_STORED", `${typeName} was not stored`, { cause });
}

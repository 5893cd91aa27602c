import { randomUUID } from "node:crypto";
import { type Clock, SYSTEM_CLOCK } from "../clock.ts";
import { AppError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { ReadinessProblem } from "../telemetry/ops-server.ts";
import { cloudEventHeaders, type EventMark, readMark } from "./cloud-events.ts";
import type { NatsAccess } from "./connect-options.ts";
import { Connection } from "./connection.ts";
import { type ConsumeOptions, type Delivery, type Handle, StreamConsumer } from "./consumer.ts";
import { type EventType, natsSubject } from "./event.ts";
import { type EventMetrics, eventMetrics } from "./event-metrics.ts";
import {
  type ReaderPosition,
  readPosition,
  readStored,
  type StreamRange,
  type StreamReader,
} from "./stored-events.ts";
import { type StreamSpec, Streams } from "./streams.ts";
import { Subscriptions } from "./subscriptions.ts";

export type { EventMark } from "./cloud-events.ts";
export type { ConsumeOptions, Delivery, Verdict } from "./consumer.ts";
export type { ReaderPosition } from "./stored-events.ts";
export type { StreamSpec } from "./streams.ts";

const PUBLISH_MS_MAX = 2_000;

/** How a bus connects. */
export interface ConnectOptions extends NatsAccess {
  /** Names the connection and its inboxes, and is the source of its events. */
  readonly name: string;
  readonly log: Log;
  readonly metrics?: Metrics;
  /** Default is the clock of the machine. */
  readonly clock?: Clock;
}

/** Something that continues until it is closed. */
export interface Subscription {
  close(): void;
}

/** Returns at once; the connection is made in the background, and again whenever it is lost. */
export async function connectEvents(options: ConnectOptions): Promise<EventBus> {
  return new EventBus(options);
}

/**
 * The event log. Subscriptions, consumers and streams survive a loss of NATS and continue when it returns, even with empty
 * storage.
 */
export class EventBus {
  readonly #source: string;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #metrics: EventMetrics;
  readonly #subscriptions = new Subscriptions();
  readonly #connection: Connection;
  readonly #streams: Streams;

  constructor({ name, log, metrics, clock = SYSTEM_CLOCK, ...access }: ConnectOptions) {
    this.#source = name;
    this.#log = log;
    this.#clock = clock;
    this.#metrics = eventMetrics(metrics);
    const setUp = this.#subscriptions.moveTo.bind(this.#subscriptions);
    this.#connection = new Connection({ ...access, name, log, setUp });
    this.#streams = new Streams(this.#connection, log);
    this.onStatus((connected) => {
      this.#metrics.connected(connected);
      if (connected) void this.#streams.restore();
    });
  }

  /** Whether there is a connection now. */
  get connected(): boolean {
    return this.#connection.session !== undefined;
  }

  /**
   * What NATS refuses to this process: its credential, or a subject. Empty where it refuses nothing, and while it cannot be
   * reached, which is no fault of this process.
   */
  readonly problems = (): ReadinessProblem[] => {
    const { problem: message } = this.#connection;
    return message === undefined ? [] : [{ reason: "nats_refused", message }];
  };

  /** Calls the listener at each loss and return of the connection. On a return, subscriptions are already active. */
  onStatus(listener: (connected: boolean) => void): Subscription {
    return this.#connection.onStatus(listener);
  }

  /**
   * Publishes to the stream that holds the event, and waits until it is stored. The same id again within two minutes is a
   * duplicate and is not stored. Errors: EVENT_NOT_STORED without an acknowledgement within `timeoutMs` (default 2,000); the
   * event may be stored nevertheless.
   */
  async publish<T>(
    event: EventType<T>,
    message: T,
    { timeoutMs = PUBLISH_MS_MAX, ...mark }: EventMark & { timeoutMs?: number },
  ): Promise<{ duplicate: boolean }> {
    const deadlineMs = this.#clock.monotonicMs() + timeoutMs;
    const { subject, headers } = this.#address(event, message, mark);
    try {
      const { jetstream } = await this.#connection.whenUp(AbortSignal.timeout(timeoutMs));
      const { duplicate } = await jetstream.publish(subject, event.encode(message), {
        msgID: mark.id,
        headers,
        timeout: Math.max(1, deadlineMs - this.#clock.monotonicMs()),
      });
      this.#metrics.published(event, duplicate ? "duplicate" : "stored");
      return { duplicate };
    } catch (cause) {
      this.#metrics.published(event, "failed");
      void this.#streams.restore();
      const text = `${event.typeName} was not stored`;
      throw new AppError("EVENT_NOT_STORED", { message: text, cause });
    }
  }

  /** Sends an event to the current subscribers. It is not stored, and is lost while NATS is unavailable. */
  announce<T>(event: EventType<T>, message: T): void {
    const mark = { id: randomUUID(), time: new Date(this.#clock.wallMs()) };
    const { subject, headers } = this.#address(event, message, mark);
    this.#connection.session?.nats.publish(subject, event.encode(message), { headers });
  }

  /** Receives events from now on, those of streams too. Events that do not decode and errors of the handler are logged. */
  subscribe<T>(
    event: EventType<T>,
    handler: (message: T, mark: EventMark) => unknown,
  ): Subscription {
    return this.#subscriptions.add(event.filter, async (message) => {
      try {
        await handler(event.decode(message.data), readMark(message));
      } catch (err) {
        this.#log.error({ err, event: event.typeName }, "an event was not handled");
      }
    });
  }

  /** Reads a stream from its first event on, one event after another, each until it is acknowledged. */
  consume<T>(options: ConsumeOptions<T>, handle: Handle<T>): { close(): Promise<void> } {
    return new StreamConsumer({
      ...options,
      handle,
      connection: this.#connection,
      log: this.#log,
      metrics: this.#metrics,
    });
  }

  /**
   * How far a durable reader is; one that does not exist, or whose stream does not, has read nothing. Waits for NATS.
   * Errors: STREAM_UNAVAILABLE.
   */
  positionOf(reader: StreamReader, signal: AbortSignal): Promise<ReaderPosition> {
    return readPosition(this.#connection, reader, signal);
  }

  /**
   * The events of a stream in a range, in their order, past any durable reader; what the stream holds no longer is passed over.
   * Waits for NATS before each. Errors: STREAM_UNAVAILABLE.
   */
  stored(range: StreamRange, signal: AbortSignal): AsyncGenerator<Delivery> {
    return readStored(this.#connection, range, signal);
  }

  /**
   * Makes sure that a stream exists with these limits, now and whenever NATS returns. Waits for NATS until the signal aborts.
   * Errors: STREAM_UNAVAILABLE when it aborts.
   */
  ensureStream({ signal, ...spec }: StreamSpec & { signal?: AbortSignal }): Promise<void> {
    return this.#streams.ensure(spec, signal ?? this.#connection.closing);
  }

  /** Sends what is buffered, within 2 s, and ends. Close consumers first, so that their current event is acknowledged. */
  close(): Promise<void> {
    return this.#connection.close();
  }

  #address<T>(event: EventType<T>, message: T, mark: EventMark) {
    const about = event.aboutOf?.(message);
    const attributes = { typeName: event.typeName, source: this.#source, about, ...mark };
    return { subject: natsSubject(event, about), headers: cloudEventHeaders(attributes) };
  }
}

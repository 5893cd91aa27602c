import { AckPolicy, DeliverPolicy, type JsMsg, type NatsConnection, nanos } from "nats";
import type { Log } from "../log.ts";
import { type EventMark, readMark } from "./cloud-events.ts";
import { type Connection, pause } from "./connection.ts";
import type { EventType } from "./event.ts";

const BATCH_MAX = 64;
const FETCH_MS = 1_000;
const RETRY_MS = 500;
const ACK_WAIT_MS = 30_000;

/** One delivery of an event. */
export interface Delivery extends EventMark {
  /** Place in the stream, from 1. */
  readonly sequence: number;
  readonly redelivered: boolean;
  readonly raw: Uint8Array;
}

/** Done with it, or wants it again later. */
export type Verdict = "ack" | { readonly retryAfterMs: number };

export interface ConsumeOptions<T> {
  readonly stream: string;
  /** The consumer's name; its place in the stream survives restarts. */
  readonly durable: string;
  readonly event: EventType<T>;
  /** For a message that does not decode. Without it such a message is logged and acknowledged. */
  readonly onUndecodable?: (delivery: Delivery) => Promise<Verdict>;
}

export type Handle<T> = (message: T, delivery: Delivery) => Promise<Verdict>;

/**
 * Hands the events of a stream to a handler, one after another, each until it is acknowledged. What the handler throws
 * is logged and the event comes again. Survives the loss of NATS and of the consumer's own state.
 */
export class StreamConsumer<T> {
  readonly #connection: Connection;
  readonly #options: ConsumeOptions<T>;
  readonly #handle: Handle<T>;
  readonly #log: Log;
  readonly #stop = new AbortController();
  readonly #stopped: Promise<void>;

  constructor(connection: Connection, options: ConsumeOptions<T>, handle: Handle<T>, log: Log) {
    this.#connection = connection;
    this.#options = options;
    this.#handle = handle;
    this.#log = log;
    this.#stopped = this.#run();
  }

  /** Ends after the event under way; takes up to a second. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#stopped;
  }

  get #isStopping(): boolean {
    return this.#stop.signal.aborted || this.#connection.closing.aborted;
  }

  async #run(): Promise<void> {
    let failing = false;
    while (!this.#isStopping) {
      try {
        const nats = await Promise.race([this.#connection.first, aborted(this.#stop.signal)]);
        if (nats === undefined) return;
        await this.#ensure(nats);
        failing = false;
        await this.#consume(nats);
      } catch (err) {
        if (this.#isStopping) return;
        if (!failing) this.#log.warn({ err, ...this.#place }, "cannot read the stream yet");
        failing = true;
        await pause(RETRY_MS, this.#stop.signal).done;
      }
    }
  }

  get #place() {
    const { stream, durable } = this.#options;
    return { stream, durable };
  }

  async #ensure(nats: NatsConnection): Promise<void> {
    const { stream, durable, event } = this.#options;
    const manager = await nats.jetstreamManager();
    await manager.consumers.add(stream, {
      durable_name: durable,
      filter_subject: event.typeName,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.All,
      ack_wait: nanos(ACK_WAIT_MS),
      max_ack_pending: BATCH_MAX * 2,
      max_deliver: -1,
    });
  }

  async #consume(nats: NatsConnection): Promise<void> {
    const { stream, durable } = this.#options;
    const consumer = await nats.jetstream().consumers.get(stream, durable);
    while (!this.#isStopping) {
      let received = 0;
      const batch = await consumer.fetch({ max_messages: BATCH_MAX, expires: FETCH_MS });
      for await (const message of batch) {
        received += 1;
        await this.#settle(message);
        if (this.#isStopping) return;
      }
      // A server that lost its storage answers fetches for a consumer it does not know with silence.
      if (received === 0) await consumer.info();
    }
  }

  async #settle(message: JsMsg): Promise<void> {
    const verdict = await this.#verdict(message);
    if (verdict === "ack") await message.ackAck();
    else message.nak(verdict.retryAfterMs);
  }

  async #verdict(message: JsMsg): Promise<Verdict> {
    const delivery: Delivery = {
      ...readMark(message),
      sequence: message.seq,
      redelivered: message.redelivered,
      raw: message.data,
    };
    try {
      const decoded = this.#decode(message.data);
      if (decoded !== undefined) return await this.#handle(decoded.value, delivery);
      if (this.#options.onUndecodable) return await this.#options.onUndecodable(delivery);
      this.#log.error(
        { ...this.#place, sequence: message.seq },
        "dropped an event that does not decode",
      );
      return "ack";
    } catch (err) {
      this.#log.error({ err, ...this.#place, sequence: message.seq }, "an event was not handled");
      return { retryAfterMs: RETRY_MS * 2 };
    }
  }

  #decode(bytes: Uint8Array): { value: T } | undefined {
    try {
      return { value: this.#options.event.decode(bytes) };
    } catch {
      return undefined;
    }
  }
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}

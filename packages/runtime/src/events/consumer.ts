import type { Consumer, JsMsg } from "nats";
import { pause } from "../async/pause.ts";
import { failureLevel } from "../errors.ts";
import type { Log } from "../log.ts";
import { type EventMark, readMark } from "./cloud-events.ts";
import type { Connection, Session } from "./connection.ts";
import { ACK_WAIT_MS, openDurable } from "./durable.ts";
import type { EventType } from "./event.ts";
import type { EventMetrics } from "./event-metrics.ts";

const FETCH_MS = 5_000;
const RETRY_MS = 250;
const ACK_MS_MAX = 2_000;
const AFTER_FAILURE_MS = 1_000;

/** One delivery of an event. */
export interface Delivery extends EventMark {
  /** Place in the stream, from 1. */
  readonly sequence: number;
  /** Whether it was delivered before. */
  readonly redelivered: boolean;
  /** The encoded event. */
  readonly raw: Uint8Array;
}

/** Done with the event, or wants it again later; the events after it do not wait for that. */
export type Verdict = "ack" | { readonly retryAfterMs: number };

/** What is read, and as whom. */
export interface ConsumeOptions<T> {
  readonly stream: string;
  /** The reader's name; its place in the stream survives restarts. */
  readonly durable: string;
  readonly event: EventType<T>;
  /** Handles a message that does not decode. By default such a message is logged and acknowledged. */
  readonly onUndecodable?: (delivery: Delivery) => Promise<Verdict>;
}

/** Handles one event. */
export type Handle<T> = (message: T, delivery: Delivery) => Promise<Verdict>;

/** A consumer with what it works with. */
export interface StreamConsumerOptions<T> extends ConsumeOptions<T> {
  readonly connection: Connection;
  readonly handle: Handle<T>;
  readonly log: Log;
  readonly metrics: EventMetrics;
}

/**
 * Hands the events of a stream to a handler, one after another, each at least once: until its acknowledgement is itself
 * acknowledged. An error of the handler is logged, and the event comes again. Survives a loss of NATS and of its storage.
 */
export class StreamConsumer<T> {
  readonly #options: StreamConsumerOptions<T>;
  readonly #log: Log;
  readonly #stop = new AbortController();
  readonly #stopped: Promise<void>;

  constructor(options: StreamConsumerOptions<T>) {
    this.#options = options;
    const { stream, durable } = options;
    this.#log = options.log.child({ stream, durable });
    this.#stopped = this.#run();
  }

  /** Ends after the current event. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#stopped;
  }

  async #run(): Promise<void> {
    const { connection, stream, durable, event } = this.#options;
    const stop = AbortSignal.any([this.#stop.signal, connection.closing]);
    const place = { stream, durable, subject: event.filter };
    let isFailing = false;
    while (!stop.aborted) {
      try {
        const session = await connection.whenUp(stop);
        const consumer = await openDurable(session, place);
        isFailing = false;
        await this.#read(consumer, session, stop);
      } catch (err) {
        if (stop.aborted) return;
        if (!isFailing) this.#log.warn({ err }, "the stream cannot be read");
        isFailing = true;
        await pause(RETRY_MS, stop);
      }
    }
  }

  async #read(consumer: Consumer, { lost }: Session, stop: AbortSignal): Promise<void> {
    const ended = AbortSignal.any([stop, lost]);
    while (!ended.aborted) {
      const next = await consumer.fetch({ max_messages: 1, expires: FETCH_MS });
      const finish = () => void next.close();
      ended.addEventListener("abort", finish, { once: true });
      if (ended.aborted) finish();
      let isSilent = true;
      for await (const message of next) {
        isSilent = false;
        if (ended.aborted) message.nak();
        else await this.#settle(message);
      }
      ended.removeEventListener("abort", finish);
      // A server says nothing about a consumer that was deleted; asking for it rejects.
      if (isSilent && !ended.aborted) await consumer.info();
    }
  }

  async #settle(message: JsMsg): Promise<void> {
    const holding = setInterval(() => message.working(), ACK_WAIT_MS / 3);
    const verdict = await this.#verdict(message);
    clearInterval(holding);
    try {
      if (verdict !== "ack") message.nak(verdict.retryAfterMs);
      else await message.ackAck({ timeout: ACK_MS_MAX });
    } catch (err) {
      this.#log.debug(
        { err, sequence: message.seq },
        "an event was not acknowledged and comes again",
      );
    }
  }

  async #verdict(message: JsMsg): Promise<Verdict> {
    const { event, handle, onUndecodable, metrics } = this.#options;
    const { seq: sequence, redelivered, data: raw } = message;
    const delivery: Delivery = { ...readMark(message), sequence, redelivered, raw };
    try {
      const decoded = decode(event, raw);
      const verdict = await (decoded === undefined
        ? (onUndecodable ?? this.#drop)(delivery)
        : handle(decoded.value, delivery));
      metrics.handled(event, verdict === "ack" ? "ack" : "retry");
      return verdict;
    } catch (err) {
      metrics.handled(event, "failed");
      this.#log[failureLevel(err, "error")]({ err, sequence }, "an event was not handled");
      return { retryAfterMs: AFTER_FAILURE_MS };
    }
  }

  readonly #drop = async ({ sequence }: Delivery): Promise<Verdict> => {
    this.#log.error({ sequence }, "an event does not decode and is skipped");
    return "ack";
  };
}

function decode<T>(event: EventType<T>, raw: Uint8Array): { value: T } | undefined {
  try {
    return { value: event.decode(raw) };
  } catch {
    return undefined;
  }
}

import { connect, type JetStreamClient, type NatsConnection } from "nats";
import { BackOff } from "../async/back-off.ts";
import { pause, unlessAborted } from "../async/pause.ts";
import { withTimeLimit } from "../async/time-limit.ts";
import type { Log } from "../log.ts";
import { connectOptions } from "./connect-options.ts";

const WAIT_MS_MIN = 100;
const WAIT_MS_MAX = 2_000;
const WAIT_JITTER = 0.5;
const CLOSE_MS_MAX = 2_000;

/** One connection, from its set-up to its loss. */
export interface Session {
  readonly nats: NatsConnection;
  readonly jetstream: JetStreamClient;
  /** Aborts when the connection is lost. */
  readonly lost: AbortSignal;
}

/** How the connection is made. */
export interface ConnectionOptions {
  readonly url: string;
  readonly name: string;
  readonly log: Log;
  /** Prepares each new connection before it is used. */
  readonly setUp: (nats: NatsConnection) => Promise<void>;
}

/**
 * A connection to NATS that is made in the background, and again whenever it is lost. The client's own reconnecting is off: a
 * first connection and a later one, to a server that may have lost its storage, take the same path.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #listeners = new Set<(connected: boolean) => void>();
  readonly #closing = new AbortController();
  readonly #ended: Promise<void>;
  #next = Promise.withResolvers<Session>();
  #session: Session | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#ended = this.#run();
  }

  /** The current session; undefined while there is none. */
  get session(): Session | undefined {
    return this.#session;
  }

  /** Aborts when the connection is closed for good. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** Calls the listener at each loss and return. */
  onStatus(listener: (connected: boolean) => void): { close(): void } {
    this.#listeners.add(listener);
    return { close: () => this.#listeners.delete(listener) };
  }

  /** The current session, or else the next one. Rejects when the signal aborts or the connection is closed before. */
  whenUp(signal: AbortSignal): Promise<Session> {
    if (this.#session !== undefined) return Promise.resolve(this.#session);
    return unlessAborted(this.#next.promise, AbortSignal.any([signal, this.closing]));
  }

  /** Sends what is buffered, within 2 s, and ends. */
  async close(): Promise<void> {
    this.#closing.abort();
    const nats = this.#session?.nats;
    if (nats !== undefined && !nats.isClosed()) {
      await withTimeLimit(nats.drain(), CLOSE_MS_MAX).catch(() => {});
      await nats.close();
    }
    await this.#ended;
  }

  async #run(): Promise<void> {
    const backOff = new BackOff({ minMs: WAIT_MS_MIN, maxMs: WAIT_MS_MAX, jitter: WAIT_JITTER });
    let isWaiting = false;
    while (!this.closing.aborted) {
      try {
        await this.#live(await connect(connectOptions(this.#options)));
        backOff.reset();
        isWaiting = false;
      } catch (err) {
        if (!isWaiting) this.#options.log.warn({ err }, "waiting for NATS");
        isWaiting = true;
      }
      await pause(backOff.nextMs(), this.closing);
    }
  }

  /** Resolves when an established connection is lost; rejects when it was not established. */
  async #live(nats: NatsConnection): Promise<void> {
    const lost = new AbortController();
    try {
      // The client never answers a request whose connection ends meanwhile.
      const done = Promise.race([this.#options.setUp(nats), rejectOnceClosed(nats)]);
      await unlessAborted(done, this.closing);
      this.#begin({ nats, jetstream: nats.jetstream(), lost: lost.signal });
      await nats.closed();
    } finally {
      await nats.close();
      this.#end(lost);
    }
  }

  #begin(session: Session): void {
    this.#session = session;
    this.#next.resolve(session);
    this.#options.log.info("connected to NATS");
    for (const listener of this.#listeners) listener(true);
  }

  #end(lost: AbortController): void {
    lost.abort();
    if (this.#session === undefined) return;
    this.#session = undefined;
    this.#next = Promise.withResolvers();
    this.#options.log.info("no longer connected to NATS");
    for (const listener of this.#listeners) listener(false);
  }
}

async function rejectOnceClosed(nats: NatsConnection): Promise<never> {
  const cause = await nats.closed();
  throw new Error("the connection ended while it was set up", { cause });
}

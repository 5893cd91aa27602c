import { connect, type NatsConnection } from "nats";
import type { Log } from "../log.ts";

const WAIT_MS_MIN = 100;
const WAIT_MS_MAX = 2_000;

/** A connection to NATS that is made in the background, and made again for ever when it is lost. */
export class Connection {
  readonly #url: string;
  readonly #name: string;
  readonly #log: Log;
  readonly #listeners = new Set<(connected: boolean) => void>();
  readonly #stop = new AbortController();
  readonly #first = Promise.withResolvers<NatsConnection>();
  #nats: NatsConnection | undefined;
  #connected = false;

  constructor(url: string, name: string, log: Log) {
    this.#url = url;
    this.#name = name;
    this.#log = log;
    this.#first.promise.catch(() => undefined);
    void this.#run();
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Aborts when the connection is closed for good. */
  get closing(): AbortSignal {
    return this.#stop.signal;
  }

  /** Resolves with the first connection, which then lasts; rejects when it is closed before. */
  get first(): Promise<NatsConnection> {
    return this.#first.promise;
  }

  /** The connection, also while it is interrupted; undefined before the first time. */
  get current(): NatsConnection | undefined {
    return this.#nats;
  }

  onStatus(listener: (connected: boolean) => void): { close(): void } {
    this.#listeners.add(listener);
    return { close: () => this.#listeners.delete(listener) };
  }

  /** Sends what is buffered, for 2 s at most. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#first.reject(new Error("closed before it connected"));
    const nats = this.#nats;
    if (nats === undefined || nats.isClosed()) return;
    const late = pause(WAIT_MS_MAX);
    await Promise.race([nats.drain().catch(() => undefined), late.done]);
    late.cancel();
    await nats.close();
  }

  async #run(): Promise<void> {
    for (let wait = WAIT_MS_MIN; !this.closing.aborted; wait = Math.min(wait * 2, WAIT_MS_MAX)) {
      try {
        const nats = await connect({
          servers: this.#url,
          name: this.#name,
          maxReconnectAttempts: -1,
          reconnectTimeWait: WAIT_MS_MIN,
          reconnectJitter: WAIT_MS_MIN,
          timeout: WAIT_MS_MAX,
          pingInterval: 10_000,
          maxPingOut: 2,
        });
        if (this.closing.aborted) return void (await nats.close());
        this.#nats = nats;
        this.#set(true);
        this.#first.resolve(nats);
        return await this.#watch(nats);
      } catch (err) {
        if (wait === WAIT_MS_MIN) this.#log.warn({ err }, "waiting for NATS");
        await pause(wait, this.closing).done;
      }
    }
  }

  async #watch(nats: NatsConnection): Promise<void> {
    for await (const { type } of nats.status()) {
      if (type === "disconnect") this.#set(false);
      if (type === "reconnect") this.#set(true);
    }
    this.#set(false);
  }

  #set(connected: boolean): void {
    if (connected === this.#connected) return;
    this.#connected = connected;
    this.#log.info({ connected }, connected ? "connected to NATS" : "lost NATS");
    for (const listener of this.#listeners) listener(connected);
  }
}

/** A wait that a signal or `cancel` ends early. */
export function pause(ms: number, signal?: AbortSignal): { done: Promise<void>; cancel(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const cancel = () => {
    clearTimeout(timer);
    resolve();
  };
  if (signal?.aborted) cancel();
  signal?.addEventListener("abort", cancel, { once: true });
  return { done: promise.finally(() => signal?.removeEventListener("abort", cancel)), cancel };
}

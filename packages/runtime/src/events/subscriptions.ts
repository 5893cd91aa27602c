import type { Msg, NatsConnection } from "nats";

interface Entry {
  readonly subject: string;
  readonly hear: (message: Msg) => void;
  unsubscribe?: () => void;
}

/** The subscriptions, on whichever connection there is. */
export class Subscriptions {
  readonly #entries = new Set<Entry>();
  #nats: NatsConnection | undefined;

  /** Receives the messages of a subject, now and on each later connection. */
  add(subject: string, hear: (message: Msg) => void): { close(): void } {
    const entry: Entry = { subject, hear };
    this.#entries.add(entry);
    if (this.#nats !== undefined && !this.#nats.isClosed()) subscribe(this.#nats, entry);
    return {
      close: () => {
        this.#entries.delete(entry);
        entry.unsubscribe?.();
      },
    };
  }

  /** Moves them to a new connection; resolves when the server knows all of them. */
  async moveTo(nats: NatsConnection): Promise<void> {
    this.#nats = nats;
    for (const entry of this.#entries) subscribe(nats, entry);
    await nats.flush();
  }
}

function subscribe(nats: NatsConnection, entry: Entry): void {
  const subscription = nats.subscribe(entry.subject, {
    callback: (error, message) => {
      if (error === null) entry.hear(message);
    },
  });
  entry.unsubscribe = () => subscription.unsubscribe();
}

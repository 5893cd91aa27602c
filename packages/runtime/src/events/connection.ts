import { connect, ErrorCode, type JetStreamClient, type NatsConnection, NatsError } from "nats";
import { BackOff } from "../async/back-off.ts";
import { pause, unlessAborted } from "../async/pause.ts";
import { withTimeLimit } from "../async/time-limit.ts";
import type { Log } from "../log.ts";
import { closeFailedDial } from "./close-failed-dial.ts";
import {
  CredentialError,
  connectOptions,
  type NatsAccess,
  readCredential,
} from "./connect-options.ts";
import { isDistrust } from "./distrust.ts";
import { hearViolations } from "./violations.ts";

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
export interface ConnectionOptions extends NatsAccess {
  /** The user whose inboxes it may listen to. */
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
  #problem: string | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#ended = this.#run();
  }

  /** The current session; undefined while there is none. */
  get session(): Session | undefined {
    return this.#session;
  }

  /** What NATS refuses to this process, in a sentence; undefined where it refuses nothing, or cannot be reached. */
  get problem(): string | undefined {
    return this.#problem;
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
    let said: string | undefined;
    while (!this.closing.aborted) {
      try {
        await this.#live(await dial(this.#options));
        backOff.reset();
        said = undefined;
      } catch (err) {
        const isRefused = err instanceof CredentialError;
        this.#problem = isRefused ? err.message : undefined;
        const waiting = isDistrust(err)
          ? "what answers as NATS is not believed"
          : "waiting for NATS";
        const message = this.#problem ?? waiting;
        if (message !== said) this.#options.log.warn(isRefused ? {} : { err }, message);
        said = message;
      }
      await pause(backOff.nextMs(), this.closing);
    }
  }

  /** Resolves when an established connection is lost; rejects when it was not established. */
  async #live(nats: NatsConnection): Promise<void> {
    const lost = new AbortController();
    this.#problem = undefined;
    void hearViolations(nats, this.#hearViolation);
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

  /** The first of a connection is told: each later one is likely to be of the same kind. */
  readonly #hearViolation = (sentence: string) => {
    if (this.#problem !== undefined) return;
    this.#problem = sentence;
    this.#options.log.error(sentence);
  };

  #begin(session: Session): void {
    this.#session = session;
    this.#next.resolve(session);
    this.#options.log.info("connected to NATS");
    for (const listener of this.#listeners) listener(true);
  }

  #end(lost: AbortController): void {
    lost.abort();
    this.#problem = undefined;
    if (this.#session === undefined) return;
    this.#session = undefined;
    this.#next = Promise.withResolvers();
    this.#options.log.info("no longer connected to NATS");
    for (const listener of this.#listeners) listener(false);
  }
}

/** Errors: CredentialError where the credential is the reason, else NatsError. */
async function dial(options: ConnectionOptions): Promise<NatsConnection> {
  const credential = await readCredential(options);
  try {
    const how = await connectOptions(options, credential);
    return await closeFailedDial(() => connect(how));
  } catch (cause) {
    if (!(cause instanceof NatsError) || cause.code !== ErrorCode.AuthorizationViolation)
      throw cause;
    const message = `NATS refuses this process's credential (${credential.description})`;
    throw new CredentialError(message, { cause });
  }
}

async function rejectOnceClosed(nats: NatsConnection): Promise<never> {
  const cause = await nats.closed();
  throw new Error("the connection ended while it was set up", { cause });
}

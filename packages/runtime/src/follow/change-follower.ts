import { BackOff } from "../async/back-off.ts";
import { pause } from "../async/pause.ts";
import { type Clock, startAge } from "../clock.ts";
import { AppError, failureLevel } from "../errors.ts";
import type { Subscription } from "../events/bus.ts";
import type { Log } from "../log.ts";
import { type Acknowledge, Acknowledger } from "./acknowledger.ts";
import { type ChangeSink, NOTHING_HELD, type Position } from "./change-sink.ts";
import { DirectoryStream, type WatchedChanges } from "./directory-stream.ts";
import { Hint } from "./hint.ts";

/** A client of DirectoryService with a connection of its own, in either flavour of messages. */
export interface DirectoryClient<C> {
  watchChanges(
    request: { historyId: string; afterRevision: bigint },
    options: { deadlineMs: number; signal: AbortSignal },
  ): AsyncIterable<WatchedChanges<C>>;
  close(): void;
}

/** What a follower works with. */
export interface ChangeFollowerDeps<C> {
  /** Listens to ChangeCommitted events. */
  readonly subscribe: (handle: (hint: Position) => void) => Subscription;
  /** Makes a client. A new one is made where the connection of the last seems dead; the follower closes them. */
  readonly connect: () => DirectoryClient<C>;
  readonly sink: ChangeSink<C>;
  /** Tells auth what is held: before the first stream is opened, and with each complete message. Default is nobody. */
  readonly acknowledge?: Acknowledge;
  readonly clock: Clock;
  readonly log: Log;
}

/** What a caller may choose. */
export interface ChangeFollowerOptions {
  /** What is followed, for log lines; default "changes". */
  readonly what?: string;
  /** How often a silent stream and overdue hints are looked for, in milliseconds; default 250. */
  readonly checkMs?: number;
  /** The first wait after a failure, in milliseconds; default 100. It doubles up to 2,000. */
  readonly retryMsMin?: number;
}

/** Keeps a sink equal to what auth has. */
export interface ChangeFollower {
  /**
   * Resolves when everything that was committed before the call is held.
   * Errors: UPSTREAM_UNAVAILABLE and others of `WatchChanges`, and those of the sink.
   */
  catchUp(): Promise<void>;
  /**
   * Milliseconds since auth last said that everything is held, from when that message was received; infinite while `isLoaded`
   * is false. It grows past a second only while auth is silent, sends more than one message of changes, or loads its records.
   */
  beatAgeMs(): number;
  /** True once this process held everything, even if auth has other records by now. */
  isLoaded(): boolean;
  /** Resolves when nothing touches the sink any more. */
  close(): Promise<void>;
}

/** Auth sends a message a second. */
const SILENT_MS = 3_000;
const CHECK_MS = 250;
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 2_000;
/** So that all who lost the same auth do not come back together. */
const RETRY_JITTER = 0.5;
/** Why a stream that is well is ended: another one should be opened at once. */
const REOPEN = new Error("the stream is opened anew");

/**
 * Follows the changes of auth, which pushes them. A stream that ends or is silent for 3 s is opened anew, from what is held.
 * Where auth's database was restored, all records are loaded again and then take the place of those held. Events are hints
 * only: one that is newer than what is held for over a second makes the stream be opened anew.
 */
export function startChangeFollower<C>(
  deps: ChangeFollowerDeps<C>,
  options: ChangeFollowerOptions = {},
): ChangeFollower {
  const follower = new Follower(deps, options);
  const hints = deps.subscribe((at) => follower.hint(at));
  const check = setInterval(() => follower.check(), options.checkMs ?? CHECK_MS);
  const stopped = follower.run();
  return {
    catchUp: () => follower.catchUp(),
    beatAgeMs: () => follower.beatAgeMs(),
    isLoaded: () => follower.isLoaded,
    async close() {
      clearInterval(check);
      hints.close();
      follower.stop();
      await stopped;
      await follower.leave();
    },
  };
}

/** Somebody who waits until all is held. */
interface Waiter {
  resolve(): void;
  reject(error: unknown): void;
}

class Follower<C> {
  readonly #deps: ChangeFollowerDeps<C>;
  readonly #what: string;
  readonly #stop = new AbortController();
  readonly #backOff: BackOff;
  readonly #hint: Hint;
  readonly #acknowledger: Acknowledger | undefined;
  #hasBegun = false;
  #client: DirectoryClient<C>;
  #held = NOTHING_HELD;
  #beatAgeMs: (() => number) | undefined;
  /** Ends the stream under way, or the pause between two. */
  #interrupt = new AbortController();
  /** True while the stream under way has nothing more to bring, and while no stream is. */
  #isIdle = true;
  /** The time since a message is waited for; undefined while none is. */
  #silentMs: (() => number) | undefined;
  /** Callers whom only a stream that is opened after their call can serve. */
  #waiters: Waiter[] = [];

  constructor(deps: ChangeFollowerDeps<C>, options: ChangeFollowerOptions) {
    this.#deps = deps;
    this.#what = options.what ?? "changes";
    const minMs = options.retryMsMin ?? RETRY_MS_MIN;
    this.#backOff = new BackOff({ minMs, maxMs: RETRY_MS_MAX, jitter: RETRY_JITTER });
    this.#hint = new Hint(deps.clock);
    this.#acknowledger = deps.acknowledge && new Acknowledger(deps.acknowledge);
    this.#client = deps.connect();
  }

  get isLoaded(): boolean {
    return this.#beatAgeMs !== undefined;
  }

  beatAgeMs(): number {
    return this.#beatAgeMs?.() ?? Number.POSITIVE_INFINITY;
  }

  hint(at: Position): void {
    this.#hint.take(at);
  }

  catchUp(): Promise<void> {
    if (this.#stop.signal.aborted) return Promise.reject(this.#stop.signal.reason);
    const { promise, ...waiter } = Promise.withResolvers<void>();
    this.#waiters.push(waiter);
    if (this.#isIdle) this.#interrupt.abort(REOPEN);
    return promise;
  }

  /** Opens the stream anew where it seems dead or behind. A load under way is left alone as long as messages come. */
  check(): void {
    if (this.#isSilent()) this.#interrupt.abort();
    else if (this.#isIdle && this.#hint.isOverdue(this.#held)) this.#interrupt.abort(REOPEN);
  }

  stop(): void {
    this.#stop.abort();
    this.#interrupt.abort();
  }

  /** Tells auth that this follower ends. */
  async leave(): Promise<void> {
    await this.#acknowledger?.close();
  }

  async run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const waiters = this.#waiters;
      this.#waiters = [];
      this.#interrupt = new AbortController();
      try {
        await this.#follow(waiters);
      } catch (error) {
        for (const waiter of waiters) waiter.reject(error);
        await this.#failed(error);
      }
    }
    for (const waiter of this.#waiters) waiter.reject(this.#stop.signal.reason);
    this.#client.close();
  }

  /** Resolves when another stream should be opened at once; rejects when this one failed. */
  async #follow(waiters: readonly Waiter[]): Promise<void> {
    const { sink } = this.#deps;
    const { signal } = this.#interrupt;
    this.#isIdle = false;
    if (!this.#hasBegun) this.#hasBegun = (await this.#acknowledger?.begin()) ?? true;
    const held = await sink.held();
    const stream = new DirectoryStream(sink, held);
    // What was hinted at so far is part of what auth answers now.
    this.#hint.settle();
    const request = { historyId: held.historyId, afterRevision: held.revision };
    try {
      const options = { deadlineMs: Number.POSITIVE_INFINITY, signal };
      this.#expectMessage();
      for await (const message of this.#client.watchChanges(request, options)) {
        await this.#take(stream, message, waiters);
        if (this.#isIdle && this.#waiters.length > 0) return;
        this.#expectMessage();
      }
    } catch (error) {
      if (signal.reason === REOPEN) return;
      if (!this.#isSilent()) throw error;
      // The connection may be dead without anybody knowing, so that the next stream gets one of its own.
      this.#client.close();
      this.#client = this.#deps.connect();
      throw unavailable(`auth sent nothing for ${SILENT_MS} ms`);
    } finally {
      this.#silentMs = undefined;
    }
    throw unavailable("auth ended the stream of changes");
  }

  async #take(
    stream: DirectoryStream<C>,
    message: WatchedChanges<C>,
    waiters: readonly Waiter[],
  ): Promise<void> {
    const { clock, log } = this.#deps;
    // What arrives after such a silence may have waited for a process that was stopped, and is no sign of freshness.
    if (this.#isSilent()) throw unavailable("a message came late");
    this.#silentMs = undefined;
    this.#isIdle = false;
    const beatAgeMs = startAge(clock);
    if (message.isReset) log.warn(`auth was restored: all ${this.#what} are loaded anew`);
    this.#isIdle = await stream.take(message);
    if (!this.#isIdle) return;
    if (!this.isLoaded) log.info(`${this.#what} are loaded`);
    this.#held = stream.held;
    this.#acknowledger?.held(stream.held);
    this.#beatAgeMs = beatAgeMs;
    this.#backOff.reset();
    for (const waiter of waiters) waiter.resolve();
  }

  #expectMessage(): void {
    this.#silentMs = startAge(this.#deps.clock);
  }

  #isSilent(): boolean {
    return this.#silentMs !== undefined && this.#silentMs() > SILENT_MS;
  }

  async #failed(err: unknown): Promise<void> {
    if (this.#stop.signal.aborted) return;
    if (this.#backOff.failures === 0) {
      this.#deps.log[failureLevel(err, "warn")](
        { err },
        `cannot follow ${this.#what} of auth; trying again`,
      );
    }
    const waitMs = this.#backOff.nextMs();
    this.#isIdle = true;
    this.#interrupt = new AbortController();
    if (this.#waiters.length === 0) await pause(waitMs, this.#interrupt.signal);
  }
}

function unavailable(why: string): AppError {
  return new AppError("UPSTREAM_UNAVAILABLE", { cause: new Error(why) });
}

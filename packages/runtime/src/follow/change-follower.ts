import { BackOff } from "../async/back-off.ts";
import { createInbox, type Inbox } from "../async/inbox.ts";
import { coalesced } from "../async/single-flight.ts";
import type { Clock } from "../clock.ts";
import { AppError } from "../errors.ts";
import type { Subscription } from "../events/bus.ts";
import type { EventType } from "../events/event.ts";
import type { Log } from "../log.ts";

/** A change of auth, in either flavour of messages. */
export interface RevisedChange {
  readonly revision: bigint;
}

/** One message of `StreamChanges`. Only the last message says how far the stream goes; the others say 0. */
export interface ChangesPage<C extends RevisedChange> {
  readonly changes: readonly C[];
  readonly completeThroughRevision: bigint;
}

/** Where changes are held, in memory or in a database. Each method may be synchronous. */
export interface ChangeSink<C extends RevisedChange> {
  /** The newest revision that is held together with all before it; 0 when nothing is held. */
  heldRevision(): bigint | Promise<bigint>;
  /** Applies changes, in any order and more than once: where a newer revision of the same record is held, that one stays. */
  apply(changes: readonly C[]): void | Promise<void>;
  /** Records that all through `revision` is held, provided that all through `from` still is. Never moves back. */
  completeThrough(revision: bigint, from: bigint): void | Promise<void>;
  /** Drops everything: it belongs to a history that auth no longer has. */
  forget(): void | Promise<void>;
}

/** What a follower works with. Events and changes may be of either flavour of messages. */
export interface ChangeFollowerDeps<C extends RevisedChange> {
  readonly events: {
    subscribe<T>(event: EventType<T>, handler: (message: T) => unknown): Subscription;
  };
  readonly changeCommitted: EventType<{ readonly change?: C | undefined }>;
  readonly revisionBeat: EventType<{ readonly revision: bigint }>;
  readonly streamChanges: (
    request: { afterRevision: bigint },
    options: { deadlineMs: number; signal: AbortSignal },
  ) => AsyncIterable<ChangesPage<C>>;
  readonly sink: ChangeSink<C>;
  readonly clock: Clock;
  readonly log: Log;
}

/** What a caller may choose. */
export interface ChangeFollowerOptions {
  /** What is followed, for log lines; default "changes". */
  readonly what?: string;
  /** Deadline of one load, in milliseconds; default 60,000. */
  readonly loadDeadlineMs?: number;
  /** Most events that wait for the sink; default 1,000. Further ones are dropped, and auth is asked for them. */
  readonly waitingMax?: number;
}

/** Keeps a sink equal to what auth has. */
export interface ChangeFollower {
  /**
   * Resolves when everything that was committed before the call is held.
   * Errors: UPSTREAM_UNAVAILABLE and others of `StreamChanges`, and those of the sink.
   */
  catchUp(): Promise<void>;
  /** Milliseconds since the sink was last known to be equal to auth; infinite while `isLoaded` is false. */
  beatAgeMs(): number;
  /** True once everything was loaded, until auth turns out to have lost its history. */
  isLoaded(): boolean;
  /** Resolves when nothing touches the sink any more. */
  close(): Promise<void>;
}

const LOAD_DEADLINE_MS = 60_000;
const WAITING_MAX = 1_000;
const POLL_MS = 1_000;
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 2_000;

/**
 * Follows the changes of auth. Events bring changes at once; revisions, which have no gaps, show when one was missed, and
 * `StreamChanges` then brings everything after the revision held. It does so too at the start, after a failure, and while no
 * beats arrive.
 */
export function startChangeFollower<C extends RevisedChange>(
  deps: ChangeFollowerDeps<C>,
  options: ChangeFollowerOptions = {},
): ChangeFollower {
  const { events, clock } = deps;
  const follower = new Follower(deps, options);
  const subscriptions = [
    events.subscribe(deps.changeCommitted, ({ change }) => {
      if (change !== undefined) follower.receive(() => follower.take(change));
    }),
    events.subscribe(deps.revisionBeat, ({ revision }) => {
      const receivedAtMs = clock.monotonicMs();
      follower.receive(() => follower.compare(revision, receivedAtMs));
    }),
  ];
  const poll = setInterval(() => follower.poll(), POLL_MS);
  follower.ask();
  return {
    catchUp: () => follower.catchUp(),
    beatAgeMs: () => follower.beatAgeMs(),
    isLoaded: () => follower.isLoaded,
    async close() {
      clearInterval(poll);
      for (const subscription of subscriptions) subscription.close();
      await follower.close();
    },
  };
}

class Follower<C extends RevisedChange> {
  readonly #deps: ChangeFollowerDeps<C>;
  readonly #what: string;
  readonly #loadDeadlineMs: number;
  readonly #stop = new AbortController();
  readonly #inbox: Inbox;
  readonly #backOff = new BackOff({ minMs: RETRY_MS_MIN, maxMs: RETRY_MS_MAX });
  #isLoaded = false;
  #beatAtMs = Number.NEGATIVE_INFINITY;
  #retry: NodeJS.Timeout | undefined;
  #lastLoad: Promise<void> = Promise.resolve();

  constructor(deps: ChangeFollowerDeps<C>, options: ChangeFollowerOptions) {
    this.#deps = deps;
    this.#what = options.what ?? "changes";
    this.#loadDeadlineMs = options.loadDeadlineMs ?? LOAD_DEADLINE_MS;
    this.#inbox = createInbox(options.waitingMax ?? WAITING_MAX, (err) => this.#notApplied(err));
  }

  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  beatAgeMs(): number {
    if (!this.#isLoaded) return Number.POSITIVE_INFINITY;
    return this.#deps.clock.monotonicMs() - this.#beatAtMs;
  }

  /** Handles one event after those before it. */
  receive(work: () => Promise<void>): void {
    if (!this.#inbox.add(work)) this.ask();
  }

  /** A change is applied whatever comes before it; the revision held moves only without a gap. */
  async take(change: C): Promise<void> {
    const { sink } = this.#deps;
    await sink.apply([change]);
    const held = await sink.heldRevision();
    if (change.revision === held + 1n) await sink.completeThrough(change.revision, held);
    else if (change.revision > held) this.ask();
  }

  /** A beat counts when nothing is missing. An older revision means that auth was restored, or that the beat is late. */
  async compare(revision: bigint, receivedAtMs: number): Promise<void> {
    if (revision === (await this.#deps.sink.heldRevision())) this.#equalSince(receivedAtMs);
    else this.ask();
  }

  /** Without beats, as while NATS is unavailable, auth itself is asked: its answer is as good as a beat. */
  poll(): void {
    if (this.#deps.clock.monotonicMs() - this.#beatAtMs > 2 * POLL_MS) this.ask();
  }

  /** Loads in the background. A failure is logged, and the load is tried again. */
  ask(): void {
    if (!this.#stop.signal.aborted) this.catchUp().catch(() => {});
  }

  readonly catchUp = coalesced(() => {
    this.#lastLoad = this.#load();
    return this.#lastLoad;
  });

  async close(): Promise<void> {
    this.#stop.abort();
    clearTimeout(this.#retry);
    await this.#inbox.idle();
    await this.#lastLoad.catch(() => {});
  }

  async #load(): Promise<void> {
    this.#stop.signal.throwIfAborted();
    clearTimeout(this.#retry);
    try {
      await this.#loadAnewIfRestored();
    } catch (error) {
      this.#failed(error);
      throw error;
    }
    this.#backOff.reset();
    if (!this.#isLoaded) this.#deps.log.info(`${this.#what} are loaded`);
    this.#isLoaded = true;
  }

  async #loadAnewIfRestored(): Promise<void> {
    const { sink, log } = this.#deps;
    try {
      await this.#loadChanges();
    } catch (error) {
      if (!(error instanceof AppError) || error.reason !== "REVISION_UNKNOWN") throw error;
      log.warn(`auth was restored to an earlier state: all ${this.#what} are loaded anew`);
      this.#isLoaded = false;
      await sink.forget();
      await this.#loadChanges();
    }
  }

  async #loadChanges(): Promise<void> {
    const { sink, clock, streamChanges } = this.#deps;
    const askedAtMs = clock.monotonicMs();
    const held = await sink.heldRevision();
    const options = { deadlineMs: this.#loadDeadlineMs, signal: this.#stop.signal };
    let [completeThrough, isWhole] = [0n, false];
    for await (const page of streamChanges({ afterRevision: held }, options)) {
      await sink.apply(page.changes);
      completeThrough = page.completeThroughRevision;
      // Where nothing was ever committed, the last message says 0 and is alone.
      isWhole = completeThrough > 0n || (page.changes.length === 0 && held === 0n);
    }
    if (!isWhole) {
      const cause = new Error("the stream of changes ended without its last message");
      throw new AppError("UPSTREAM_UNAVAILABLE", { cause });
    }
    await sink.completeThrough(completeThrough, held);
    this.#equalSince(askedAtMs);
  }

  #equalSince(monotonicMs: number): void {
    this.#beatAtMs = Math.max(this.#beatAtMs, monotonicMs);
  }

  #notApplied(err: unknown): void {
    if (this.#stop.signal.aborted) return;
    this.#deps.log.warn({ err }, `an event of auth was not applied to ${this.#what}`);
    this.ask();
  }

  #failed(err: unknown): void {
    if (this.#stop.signal.aborted) return;
    if (this.#backOff.failures === 0) {
      this.#deps.log.warn({ err }, `cannot load ${this.#what} from auth; trying again`);
    }
    this.#retry = setTimeout(() => this.ask(), this.#backOff.nextMs());
  }
}

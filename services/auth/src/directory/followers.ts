import { pause } from "@geomesh/runtime/async/pause";
import { coalesced } from "@geomesh/runtime/async/single-flight";
import type { Clock } from "@geomesh/runtime/clock";
import { AUTH_STALENESS_MS_MAX } from "@geomesh/terms/limits";
import {
  type Acknowledgement,
  type FollowerPosition,
  forgetFollower,
  forgetSilentFollowers,
  keepAcknowledgement,
  type LivesAt,
  liveFollowers,
} from "../store/followers.ts";
import { type Head, readHead } from "../store/history.ts";
import type { AuthDatabase } from "../store/schema.ts";

/**
 * How long a commit may take, and how old what a beat confirms may be when it arrives. A gateway that was silent for so much longer
 * than its AUTH_STALENESS_MAX_MS accepts no key: it hears as little from auth as auth from it.
 */
const MARGIN_MS = 5_000;
const FORGET_EVERY_MS = 60_000;
const POLL_MS = 25;
const NAMED_MAX = 100;

/** What is known of followers. */
export interface FollowersDeps {
  readonly db: AuthDatabase;
  readonly clock: Clock;
}

/** How long to wait for followers. */
export interface WaitOptions {
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

/** How far a revision has come. */
export interface Reach {
  /** The live followers that do not hold it, at most 100. */
  readonly pending: readonly string[];
  /** How long after the commit no gateway goes by what was before, even one that hears nothing, in milliseconds. */
  readonly safeAfterMs: number;
}

/** The gateways that follow the changes, as far as they say so to any auth process. */
export class Followers {
  readonly #db: AuthDatabase;
  readonly #clock: Clock;
  /** However many wait, one reading is under way at a time. */
  readonly #readLive: () => Promise<FollowerPosition[]>;
  #forgotMs = Number.NEGATIVE_INFINITY;

  constructor({ db, clock }: FollowersDeps) {
    this.#db = db;
    this.#clock = clock;
    this.#readLive = coalesced(() => liveFollowers(db, this.#livesNow()));
  }

  /**
   * Keeps how far a follower is; one that says 0 for its staleness has the default. Forgets those that were silent for 10 minutes.
   * Errors: those of the database.
   */
  async acknowledge(told: Acknowledgement): Promise<void> {
    const stalenessMaxMs = told.stalenessMaxMs || AUTH_STALENESS_MS_MAX;
    await keepAcknowledgement(this.#db, { ...told, stalenessMaxMs }, this.#livesNow().now);
    if (this.#clock.monotonicMs() - this.#forgotMs < FORGET_EVERY_MS) return;
    this.#forgotMs = this.#clock.monotonicMs();
    await forgetSilentFollowers(this.#db, this.#livesNow());
  }

  /** Forgets a follower that ends. Errors: those of the database. */
  forget(followerId: string): Promise<void> {
    return forgetFollower(this.#db, followerId);
  }

  /**
   * Waits until every live follower holds a revision that was committed before the call, and answers which do not: none, once all
   * do, or those left when the time is over or the signal aborts. Errors: those of the database.
   */
  async untilHeld(revision: bigint, { waitMs, signal }: WaitOptions): Promise<Reach> {
    const startedMs = this.#clock.monotonicMs();
    // Of the database itself: it may just have been restored, and followers may hold more of what it was before.
    const { historyId } = await readHead(this.#db);
    const lacks = (held: Head) => held.historyId !== historyId || held.revision < revision;
    for (;;) {
      const live = await this.#readLive();
      const pending = live.filter(lacks);
      const isOver = this.#clock.monotonicMs() - startedMs >= waitMs || signal.aborted;
      if (pending.length === 0 || isOver) {
        const named = pending.slice(0, NAMED_MAX);
        return {
          pending: named.map(({ followerId }) => followerId),
          safeAfterMs: safeAfterMs(live),
        };
      }
      await pause(POLL_MS, signal);
    }
  }

  #livesNow(): LivesAt {
    return { now: new Date(this.#clock.wallMs()), marginMs: MARGIN_MS };
  }
}

/** By the one that accepts keys for longest; by the default where none is known, as auth may not have heard of one yet. */
function safeAfterMs(live: readonly FollowerPosition[]): number {
  const stalenessesMs = live.map(({ stalenessMaxMs }) => stalenessMaxMs);
  const longestMs = live.length > 0 ? Math.max(...stalenessesMs) : AUTH_STALENESS_MS_MAX;
  return longestMs + MARGIN_MS;
}

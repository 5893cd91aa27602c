import { pause } from "@geomesh/runtime/async/pause";
import { coalesced } from "@geomesh/runtime/async/single-flight";
import type { Clock } from "@geomesh/runtime/clock";
import { AUTH_STALENESS_MS_MAX } from "@geomesh/terms/limits";
import {
  type Acknowledgement,
  forgetFollower,
  forgetFollowersBefore,
  keepAcknowledgement,
  liveFollowers,
} from "../store/followers.ts";
import { type Head, readHead } from "../store/history.ts";
import type { AuthDatabase } from "../store/schema.ts";

/** How long a commit may take, and how old what a beat confirms may be when it arrives. */
const MARGIN_MS = 5_000;
/** A gateway that was silent for so long accepts no key: it hears as little from auth as auth from it. */
export const LIVE_MS_MAX = AUTH_STALENESS_MS_MAX + MARGIN_MS;
const FORGET_MS = 600_000;
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

/** The gateways that follow the changes, as far as they say so to any auth process. */
export class Followers {
  readonly #db: AuthDatabase;
  readonly #clock: Clock;
  /** However many wait, one reading is under way at a time. */
  readonly #readLive: () => Promise<Acknowledgement[]>;
  #forgotMs = Number.NEGATIVE_INFINITY;

  constructor({ db, clock }: FollowersDeps) {
    this.#db = db;
    this.#clock = clock;
    this.#readLive = coalesced(() => liveFollowers(db, new Date(clock.wallMs() - LIVE_MS_MAX)));
  }

  /** Keeps how far a follower is, and forgets those that were silent for 10 minutes. Errors: those of the database. */
  async acknowledge(acknowledgement: Acknowledgement): Promise<void> {
    const nowMs = this.#clock.wallMs();
    await keepAcknowledgement(this.#db, acknowledgement, new Date(nowMs));
    if (this.#clock.monotonicMs() - this.#forgotMs < FORGET_EVERY_MS) return;
    this.#forgotMs = this.#clock.monotonicMs();
    await forgetFollowersBefore(this.#db, new Date(nowMs - FORGET_MS));
  }

  /** Forgets a follower that ends. Errors: those of the database. */
  forget(followerId: string): Promise<void> {
    return forgetFollower(this.#db, followerId);
  }

  /**
   * Waits until every live follower holds a revision that was committed before the call, and answers which do not: none, once all
   * do, or those left when the time is over or the signal aborts, at most 100. Errors: those of the database.
   */
  async untilHeld(revision: bigint, { waitMs, signal }: WaitOptions): Promise<string[]> {
    const startedMs = this.#clock.monotonicMs();
    // Of the database itself: it may just have been restored, and followers may hold more of what it was before.
    const { historyId } = await readHead(this.#db);
    const lacks = (held: Head) => held.historyId !== historyId || held.revision < revision;
    for (;;) {
      const pending = (await this.#readLive()).filter(lacks);
      const isOver = this.#clock.monotonicMs() - startedMs >= waitMs || signal.aborted;
      if (pending.length === 0 || isOver) {
        return pending.slice(0, NAMED_MAX).map(({ followerId }) => followerId);
      }
      await pause(POLL_MS, signal);
    }
  }
}

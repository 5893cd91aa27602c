import type { AuthService } from "@geomesh/proto/es/geomesh/auth/v1/auth_service_pb";
import type { Change } from "@geomesh/proto/es/geomesh/auth/v1/change_pb";
import {
  ChangeCommittedSchema,
  RevisionBeatSchema,
} from "@geomesh/proto/es/geomesh/auth/v1/events_pb";
import { AppError } from "@geomesh/runtime/errors";
import type { EventBus } from "@geomesh/runtime/events/bus";
import { esEvent } from "@geomesh/runtime/events/event";
import type { Client } from "@geomesh/runtime/grpc/client";
import type { Log } from "@geomesh/runtime/log";
import type { KeyTable } from "./key-table.ts";

const CHANGE_COMMITTED = esEvent(ChangeCommittedSchema);
const REVISION_BEAT = esEvent(RevisionBeatSchema);

const LOAD_DEADLINE_MS = 60_000;
/** What auth says to a follower that is ahead of its database. */
const REVISION_UNKNOWN = "REVISION_UNKNOWN";
const POLL_MS = 1_000;
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 2_000;

export interface KeyFollowerParts {
  readonly events: EventBus;
  readonly auth: Pick<Client<typeof AuthService>, "streamChanges">;
  readonly table: KeyTable;
  readonly log: Log;
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
}

export interface KeyFollower {
  /** Milliseconds since auth was last heard of; infinite until the table was loaded once. */
  beatAgeMs(): number;
  problems(): string[];
  close(): void;
}

/**
 * Keeps a key table equal to auth's. Events bring changes at once; revisions, which have no gaps, show when one was
 * missed, and then auth is asked for all since the last one held.
 */
export function startKeyFollower(parts: KeyFollowerParts): KeyFollower {
  const follower = new Follower(parts);
  const changes = parts.events.subscribe(CHANGE_COMMITTED, ({ change }) => {
    if (change !== undefined) follower.heard(change);
  });
  const beats = parts.events.subscribe(REVISION_BEAT, ({ revision }) => follower.beat(revision));
  const poll = setInterval(() => follower.poll(), POLL_MS);
  follower.load();
  return {
    beatAgeMs: () => follower.beatAgeMs(),
    problems: () => follower.problems(),
    close() {
      clearInterval(poll);
      changes.close();
      beats.close();
      follower.close();
    },
  };
}

class Follower {
  readonly #parts: KeyFollowerParts;
  readonly #stop = new AbortController();
  #heldRevision = 0n;
  #loading = false;
  #loaded = false;
  #beatAt = Number.NEGATIVE_INFINITY;
  #retry: NodeJS.Timeout | undefined;
  #retryMs = RETRY_MS_MIN;

  constructor(parts: KeyFollowerParts) {
    this.#parts = parts;
  }

  beatAgeMs(): number {
    return this.#loaded ? this.#parts.now() - this.#beatAt : Number.POSITIVE_INFINITY;
  }

  problems(): string[] {
    return this.#loaded ? [] : ["API keys are not loaded yet"];
  }

  /** A change is applied whatever comes before it; the revision held moves only without a gap. */
  heard(change: Change): void {
    this.#parts.table.apply(change);
    if (change.revision === this.#heldRevision + 1n) this.#heldRevision = change.revision;
    else if (change.revision > this.#heldRevision) this.load();
  }

  /** Auth is only as fresh as the table: a beat counts when nothing is missing, and one of the past shows a restore. */
  beat(revision: bigint): void {
    if (revision === this.#heldRevision) this.#beatAt = this.#parts.now();
    else this.load();
  }

  /** Without beats, as when NATS is away, auth itself is asked: its answer is as good as a beat. */
  poll(): void {
    if (this.#parts.now() - this.#beatAt > 2 * POLL_MS) this.load();
  }

  load(): void {
    if (this.#loading || this.#stop.signal.aborted) return;
    this.#loading = true;
    clearTimeout(this.#retry);
    this.#loadChanges().then(
      () => this.#succeeded(),
      (error) => this.#failed(error),
    );
  }

  close(): void {
    this.#stop.abort();
    clearTimeout(this.#retry);
  }

  async #loadChanges(): Promise<void> {
    const { auth, table, now } = this.#parts;
    const askedAt = now();
    let [completeThrough, isWhole] = [0n, false];
    const request = { afterRevision: this.#heldRevision };
    const options = { deadlineMs: LOAD_DEADLINE_MS, signal: this.#stop.signal };
    for await (const message of auth.streamChanges(request, options)) {
      for (const change of message.changes) table.apply(change);
      completeThrough = message.completeThroughRevision;
      // Only the last message says how far it goes; where nothing was ever committed it says 0 and is alone.
      isWhole = completeThrough > 0n || (message.changes.length === 0 && this.#heldRevision === 0n);
    }
    if (!isWhole) throw new Error("the stream of changes was cut");
    if (completeThrough > this.#heldRevision) this.#heldRevision = completeThrough;
    this.#beatAt = Math.max(this.#beatAt, askedAt);
  }

  #succeeded(): void {
    this.#loading = false;
    this.#retryMs = RETRY_MS_MIN;
    if (!this.#loaded) {
      const { log, table } = this.#parts;
      log.info({ keys: table.keysCount, revision: `${this.#heldRevision}` }, "API keys loaded");
    }
    this.#loaded = true;
  }

  #failed(error: unknown): void {
    this.#loading = false;
    if (this.#stop.signal.aborted) return;
    if (error instanceof AppError && error.reason === REVISION_UNKNOWN) this.#forget();
    if (this.#retryMs === RETRY_MS_MIN)
      this.#parts.log.warn({ err: error }, "cannot ask auth for changes");
    this.#retry = setTimeout(() => this.load(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS_MAX);
  }

  /** Auth's database was restored to an earlier state: what was known is of a history that did not happen. */
  #forget(): void {
    this.#parts.log.warn("auth went back in time; loading all keys anew");
    this.#parts.table.clear();
    this.#heldRevision = 0n;
    this.#loaded = false;
  }
}

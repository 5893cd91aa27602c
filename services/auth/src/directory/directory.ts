import { coalesced } from "@geomesh/runtime/async/single-flight";
import type { Clock } from "@geomesh/runtime/clock";
import { failureLevel } from "@geomesh/runtime/errors";
import type { Log } from "@geomesh/runtime/log";
import type { AuthMetrics } from "../metrics.ts";
import { type Head, readHead } from "../store/history.ts";
import type { AuthDatabase } from "../store/schema.ts";
import { type Snapshot, withSnapshot } from "../store/snapshot.ts";
import { ChangeLog } from "./change-log.ts";
import { encodeChange, recordId } from "./encode-changes.ts";

/** An answer of the database that took longer confirms nothing: followers trust a message to be fresh. */
export const ANSWER_MS_MAX = 1_000;

const CHANGES_AT_ONCE = 500;

/** What the directory needs. */
export interface DirectoryDeps {
  readonly db: AuthDatabase;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: AuthMetrics;
}

/** The records of one history, as far as they were read. */
export interface History {
  readonly id: string;
  readonly log: ChangeLog;
  /** Keys that were removed before this was loaded are not in the log: whoever holds less than this must load it whole. */
  readonly floor: bigint;
  /** Everything up to here is in the log. */
  readonly through: bigint;
  /** `through`, once the database confirmed that nothing is newer; undefined while it is silent or a reading is under way. */
  readonly confirmed: bigint | undefined;
  /** Grows with every confirmation. */
  readonly confirmations: number;
}

interface TimedHead extends Head {
  /** When the question was put, by the monotonic clock. */
  readonly askedMs: number;
}

/** What the database answered, and what was known before it was asked. */
export interface Answer extends TimedHead {
  readonly known: History;
  readonly knownThrough: bigint;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Every account, plan and key in memory, read from the database once for all watchers: one reading is under way at most, of
 * what is newer than the last, and one is pending. A database of another history, or one that lost changes, is read anew;
 * `history` is then another object.
 */
export class Directory {
  readonly #deps: DirectoryDeps;
  readonly #ask: () => Promise<TimedHead>;
  readonly #read: () => Promise<void>;
  #history: Mutable<History> = emptyHistory("", 0n);
  #changed = Promise.withResolvers<void>();
  /** The newest revision that is known to be committed. */
  #newest = 0n;
  /** True where the database is known to hold something else than what was read. */
  #isVoid = true;
  #isReading = false;
  /** When the question was put that was the last to confirm something. */
  #confirmedMs = Number.NEGATIVE_INFINITY;

  constructor(deps: DirectoryDeps) {
    this.#deps = deps;
    this.#ask = coalesced(async () => {
      const askedMs = deps.clock.monotonicMs();
      return { askedMs, ...(await readHead(deps.db)) };
    });
    this.#read = coalesced(() => this.#readNewer());
  }

  /** What is held at the moment. */
  get history(): History {
    return this.#history;
  }

  /** Resolves at the next change of what is held, and at the next confirmation. */
  changed(): Promise<void> {
    return this.#changed.promise;
  }

  /** Says that a revision was committed here, which is read at once. */
  committed(revision: bigint): void {
    if (revision > this.#newest) this.#newest = revision;
    if (this.#isBehind()) this.#read().catch(() => undefined);
  }

  /** Asks the database how far it is. One question is under way at a time, and its answer is none to a later one. */
  async ask(): Promise<Answer> {
    const known = this.#history;
    const knownThrough = known.through;
    return { ...(await this.#ask()), known, knownThrough };
  }

  /** Confirms what is held, or reads what is newer. Errors: those of the database. */
  async take({ historyId, revision, askedMs, known, knownThrough }: Answer): Promise<void> {
    const isOther = historyId !== known.id || revision < knownThrough;
    if (isOther && known === this.#history) this.#isVoid = true;
    else if (revision > this.#newest) this.#newest = revision;
    if (this.#isBehind()) await this.#read();
    else if (!this.#isReading) this.#confirm(askedMs);
  }

  /** Asks the database, and reads what is newer. Errors: those of the database. */
  async refresh(): Promise<void> {
    await this.take(await this.ask());
  }

  /** Says that the database did not answer in time: nothing is confirmed until it does. */
  doubt(): void {
    this.#history.confirmed = undefined;
  }

  #isBehind(): boolean {
    return this.#isVoid || this.#newest > this.#history.through;
  }

  async #readNewer(): Promise<void> {
    if (!this.#isBehind()) return;
    const { db, clock, log, metrics } = this.#deps;
    const [startedMs, newest, isVoid] = [clock.monotonicMs(), this.#newest, this.#isVoid];
    this.#newest = 0n;
    this.#isVoid = false;
    this.#isReading = true;
    metrics.countReading();
    try {
      await withSnapshot(db, (snapshot) => this.#takeSnapshot(snapshot, isVoid));
    } catch (error) {
      if (newest > this.#newest) this.#newest = newest;
      this.#isVoid ||= isVoid;
      log[failureLevel(error, "warn")]({ err: error }, "changes cannot be read from the database");
      throw error;
    } finally {
      this.#isReading = false;
    }
    metrics.setRecords(this.#history.log.records);
    this.#confirm(startedMs);
    this.#tellWatchers();
  }

  async #takeSnapshot(snapshot: Snapshot, isVoid: boolean): Promise<void> {
    const { historyId, revision, floor } = snapshot;
    const held = this.#history;
    const isSame = !isVoid && historyId === held.id && revision >= held.through;
    if (isSame && held.through >= floor) {
      await this.#fill(held, snapshot);
      return;
    }
    const loaded = emptyHistory(historyId, floor);
    await this.#fill(loaded, snapshot);
    if (held.id !== "") {
      const why = isSame ? "keys were removed meanwhile" : "the database is of another history";
      this.#deps.log.warn({ historyId }, why);
    }
    this.#history = loaded;
  }

  /** Pages of what is held already go out to watchers as they come. */
  async #fill(history: Mutable<History>, { revision, changesAfter }: Snapshot): Promise<void> {
    let added = 0;
    for await (const change of changesAfter(history.through)) {
      history.confirmed = undefined;
      history.log.append(recordId(change), change.revision, encodeChange(change));
      history.through = change.revision;
      added += 1;
      if (added % CHANGES_AT_ONCE === 0) this.#tellWatchers();
    }
    history.through = revision;
  }

  #confirm(askedMs: number): void {
    if (this.#deps.clock.monotonicMs() - askedMs > ANSWER_MS_MAX) return;
    // Whoever shared a question shares its confirmation, so that many who come at once wake everybody once.
    const history = this.#history;
    if (history.confirmed === history.through && askedMs <= this.#confirmedMs) return;
    this.#confirmedMs = askedMs;
    history.confirmed = history.through;
    history.confirmations += 1;
    this.#tellWatchers();
  }

  #tellWatchers(): void {
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers();
    resolve();
  }
}

function emptyHistory(id: string, floor: bigint): Mutable<History> {
  const log = new ChangeLog();
  return { id, log, floor, through: 0n, confirmed: undefined, confirmations: 0 };
}

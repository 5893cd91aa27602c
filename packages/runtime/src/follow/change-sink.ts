/** How far somebody holds the records of auth: everything of a history through a revision. */
export interface Position {
  /** The history that the revision is of; empty where nothing is held. */
  readonly historyId: string;
  readonly revision: bigint;
}

/** The position of a sink that holds nothing. */
export const NOTHING_HELD: Position = { historyId: "", revision: 0n };

/** Changes that come after a position, in the history of that position. */
export interface NextChanges<C> {
  /** What was held before them, with everything that came in between. */
  readonly from: Position;
  readonly changes: readonly C[];
  /** Everything through this revision is held with these changes; undefined where more must follow first. */
  readonly through: bigint | undefined;
}

/**
 * Where changes are held, in memory or in a database. Every method may be synchronous. The follower calls one at a time;
 * other processes may use the same database.
 */
export interface ChangeSink<C> {
  /** What is held. */
  held(): Position | Promise<Position>;
  /**
   * Applies changes, which may come more than once: a newer revision of the same record stays. A sink that no longer holds
   * `from` must reject, so that the follower begins again with what is held.
   */
  apply(next: NextChanges<C>): void | Promise<void>;
  /** Begins to load all records. What is held stays until the load is finished; one that is not finished is dropped. */
  load(from: Position): ChangeLoad<C>;
}

/** All records of a history, on their way into a sink. */
export interface ChangeLoad<C> {
  /** Takes some more records. */
  add(changes: readonly C[]): void | Promise<void>;
  /**
   * Puts the records in the place of everything that is held, in one step, and with them the position that they give. A sink
   * that no longer holds what it held when the load began must reject.
   */
  finish(position: Position): void | Promise<void>;
}

/** What is held at one moment: a text for each record, which tells the versions of the record apart. */
export type Seen = ReadonlyMap<string, string>;

/** The versions of each record, in the order in which they were committed. */
type Versions = Map<string, string[]>;

/**
 * Knows every version of every record in every history, and finds out whether what a follower shows can be: of one history at
 * a time, of no earlier history than before, and within a history of no earlier version of any record.
 */
export class HistoryWitness {
  readonly #histories: Versions[] = [new Map()];
  /** The earliest history that the follower can hold. */
  #current = 0;
  /** For each record, the earliest version that the follower can hold. */
  #places = new Map<string, number>();

  /** A version was committed, in the newest history. */
  commit(id: string, text: string): void {
    const history = this.#histories.at(-1);
    const versions = history?.get(id);
    if (versions === undefined) history?.set(id, [text]);
    else versions.push(text);
  }

  /** Another history begins, with these records. */
  restore(records: readonly (readonly [id: string, text: string])[]): void {
    this.#histories.push(new Map(records.map(([id, text]) => [id, [text]])));
  }

  /** Errors: an Error where nothing that was committed explains what is seen. */
  see(seen: Seen): void {
    for (let at = this.#current; at < this.#histories.length; at++) {
      const since = at === this.#current ? this.#places : new Map<string, number>();
      const places = placesOf(seen, this.#histories[at] ?? new Map(), since);
      if (places === undefined) continue;
      [this.#current, this.#places] = [at, places];
      return;
    }
    const histories = this.#histories.map((each) => JSON.stringify([...each]));
    throw new Error(
      `${JSON.stringify([...seen])} mixes histories or goes back: after version ` +
        `${JSON.stringify([...this.#places])} of history ${this.#current} of\n${histories.join("\n")}`,
    );
  }
}

/** The earliest version that each text can be of; undefined where one is of none. */
function placesOf(
  seen: Seen,
  history: Versions,
  since: ReadonlyMap<string, number>,
): Map<string, number> | undefined {
  const places = new Map(since);
  for (const [id, text] of seen) {
    const place = history.get(id)?.indexOf(text, since.get(id)) ?? -1;
    if (place === -1) return undefined;
    places.set(id, place);
  }
  return places;
}

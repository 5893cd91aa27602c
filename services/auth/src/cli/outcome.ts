/** What came of a file. */
export interface Outcome {
  /** One sentence. */
  readonly done: string;
  /** A sentence for each line that is wrong, which names it. */
  readonly problems: readonly string[];
}

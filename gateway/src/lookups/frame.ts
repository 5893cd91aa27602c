import type { FrameAnswers } from "./frame-answers.ts";
import type { Lookup, Question } from "./lookup.ts";

/** How the answers of a frame are. */
export type AnswerForm = Pick<Question, "language" | "withNames">;

/** Addresses of a lookup that are in a frame. */
interface Slice {
  readonly lookup: Lookup;
  /** The first one's place among the addresses of the lookup. */
  readonly offset: number;
  readonly count: number;
}

/** Addresses of one form of answers that travel to geo together. */
export class Frame {
  readonly ipAddresses: string[] = [];
  readonly language: string;
  readonly withNames: boolean;
  /** When nobody waits for it any more, by the monotonic clock: no lookup in it has a later deadline. */
  readonly deadlineMs: number;
  /** Times it was sent. */
  attempts = 0;
  readonly #slices: Slice[] = [];

  constructor({ language, withNames }: AnswerForm, deadlineMs: number) {
    this.language = language;
    this.withNames = withNames;
    this.deadlineMs = deadlineMs;
  }

  /** Adds `count` addresses of a lookup, from `offset` on. */
  add(lookup: Lookup, offset: number, count: number): void {
    const { ipAddresses } = lookup.question;
    for (let i = offset; i < offset + count; i += 1)
      this.ipAddresses.push(ipAddresses[i] as string);
    this.#slices.push({ lookup, offset, count });
  }

  /** Hands each lookup its answers, and calls `ended` for those that have all. */
  answered(answers: FrameAnswers, ended: (lookup: Lookup) => void): void {
    let at = 0;
    for (const { lookup, offset, count } of this.#slices) {
      if (!lookup.isOver && lookup.take(answers, at, offset, count)) ended(lookup);
      at += count;
    }
  }

  /** The lookups that the frame has addresses of. */
  lookups(): Lookup[] {
    return this.#slices.map(({ lookup }) => lookup);
  }
}

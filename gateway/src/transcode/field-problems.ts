import { type FieldProblem, TranscodeError } from "./transcode-error.ts";

const PROBLEMS_MAX = 20;
const NAME_CHARS_MAX = 100;

/** Collects the mistakes of one request. */
export class FieldProblems {
  readonly #found: FieldProblem[] = [];

  /** Adds a field as the client named it, cut to 100 characters, and what is wrong with it. Keeps the first 20 mistakes. */
  add(field: string, description: string): void {
    if (this.#found.length < PROBLEMS_MAX) {
      this.#found.push({ field: field.slice(0, NAME_CHARS_MAX), description });
    }
  }

  /** Errors: TranscodeError with every mistake that was added, if any was. */
  throwIfAny(): void {
    if (this.#found.length > 0) throw new TranscodeError(this.#found);
  }
}

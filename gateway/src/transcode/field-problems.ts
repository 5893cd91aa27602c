import { AppError, type FieldProblem } from "@geomesh/runtime/errors";

const PROBLEMS_MAX = 20;
const NAME_CHARS_MAX = 100;

/** The mistakes of one request. */
export class FieldProblems {
  readonly #found: FieldProblem[] = [];

  /** A field as the client named it, and what is wrong with it. Those beyond 20 are not kept. */
  add(field: string, description: string): void {
    if (this.#found.length < PROBLEMS_MAX) {
      this.#found.push({ field: field.slice(0, NAME_CHARS_MAX), description });
    }
  }

  /** Errors: invalid_argument with all of them, if there are any. */
  throwIfAny(): void {
    if (this.#found.length === 0) return;
    const text = this.#found.map(({ field, description }) => `${field} ${description}`).join("; ");
    throw new AppError("INVALID_ARGUMENT", { message: text, fields: this.#found });
  }
}

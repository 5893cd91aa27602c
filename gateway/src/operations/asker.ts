import type { Call } from "./call.ts";
import type { Body, Outcome } from "./outcome.ts";

/** A form in which an asker takes a response. */
export type AskedForm = Exclude<Body["form"], "unchanged">;

/** Who asked for an operation, and gets its answer: of `answer` and `fail` one is called, once. */
export interface Asker {
  /** What is known of the request beside its message. */
  readonly call: Call;
  /** The form in which it takes a response that is composed here; one from a service comes as its message. */
  readonly form: AskedForm;
  /** Whether it has the answer of this entity tag already, and takes `unchanged` for it. */
  has(etag: string): boolean;
  /** True where nobody waits for the answer any more. */
  readonly isGone: boolean;
  /** Sends a response. */
  answer(outcome: Outcome): void;
  /** Answers by an error. */
  fail(error: unknown): void;
}

import type { AppError } from "@geomesh/runtime/errors";
import type { Selection } from "@geomesh/terms/selection";
import type { FrameAnswers } from "./frame-answers.ts";
import { writersOf } from "./location-members.ts";
import { addressProblem, type EncodedResult, selectedResult, stateOf, unitsOf } from "./results.ts";

/** Answers that came as whole serialized results. */
export class PlainAnswers implements FrameAnswers {
  readonly frameId: number;
  readonly #results: readonly EncodedResult[];

  constructor(frameId: number, results: readonly EncodedResult[]) {
    this.frameId = frameId;
    this.#results = results;
  }

  get count(): number {
    return this.#results.length;
  }

  unitsOf(index: number): 0 | 1 {
    return unitsOf(this.#result(index));
  }

  problemOf(index: number): AppError | undefined {
    return addressProblem(this.#result(index));
  }

  locationJsonOf(index: number, selection: Selection): string {
    return writersOf(selection).location(this.#result(index));
  }

  resultJsonOf(index: number, selection: Selection): string {
    return writersOf(selection).result(this.#result(index));
  }

  resultBytesOf(index: number, selection?: Selection): Uint8Array {
    return selectedResult(this.#result(index), selection);
  }

  stateOf(index: number): string {
    return stateOf(this.#result(index));
  }

  /** Errors: RangeError beyond the answers. */
  #result(index: number): EncodedResult {
    const result = this.#results[index];
    if (result === undefined) throw new RangeError(`there is no answer ${index}`);
    return result;
  }
}
